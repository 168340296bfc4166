#!/bin/sh
# The first process of the virtual machine: makes cgroups as container engines do, works in them, and prints what the kernel
# says of them over the serial console. Nothing but busybox and `work`.
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t cgroup2 -o nsdelegate cgroup2 /sys/fs/cgroup
for module in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk; do
  insmod /modules/$module.ko
done
mkdir -p /disk /report
mount -t ext4 /dev/vda /disk || echo "@@@ failed: no disk"

cgroups=/sys/fs/cgroup
# As systemd: every controller for every child, all the way down.
cgroup() {
  path=
  for part in $(echo "$1" | tr / ' '); do
    echo '+cpu +memory +io +pids +cpuset' > "$cgroups$path/cgroup.subtree_control"
    path=$path/$part
    mkdir -p "$cgroups$path"
  done
}
# work_in CGROUP NAME STEPS…: in the background. It has done its work when its report is there.
work_in() {
  path=$1 name=$2
  shift 2
  # Whose file it is, pays for its writing back.
  mkdir -p /disk/$name && cd /disk/$name
  echo "$path" > /report/$name.path
  sh -c 'echo $$ > "$0/cgroup.procs" && exec "$@"' "$cgroups/$path" work "/report/$name" "$@" &
}
reported() {
  tries=0
  while [ ! -e "/report/$1" ] && [ $((tries += 1)) -lt 600 ]; do usleep 50000; done
}

id() { printf "$1%.0s" $(seq 64); }
docker=docker/$(id a)
throttled=system.slice/docker-$(id b).scope
oom=machine.slice/libpod-$(id c).scope
pod=kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0f3e5a52_7d0c_4f4c_9d4f_3a1f4bb9c0de.slice
burstable=$pod/cri-containerd-$(id d).scope
besteffort=kubepods/besteffort/pod6a1b2c3d-0000-4000-8000-123456789abc/$(id e)
service=system.slice/cron.service
for one in $docker $throttled $oom $burstable $besteffort $service; do cgroup $one; done

echo '20000 100000' > $cgroups/$throttled/cpu.max
echo 16777216 > $cgroups/$oom/memory.max
echo 0 > $cgroups/$oom/memory.swap.max
echo 200 > $cgroups/$burstable/cpu.weight
echo 67108864 > $cgroups/$burstable/memory.max
echo '150000 100000' > $cgroups/$burstable/cpu.max
echo 0-1 > $cgroups/$burstable/cpuset.cpus
echo 3 > $cgroups/$besteffort/pids.max

work_in $docker docker user 300 system 200 memory 33554432 direct 8388608 fork 3 wait
reported docker
work_in $burstable burstable memory 20971520 write 4194304 wait
reported burstable
work_in $besteffort besteffort fork 5 wait
reported besteffort
work_in $throttled throttled user 300 wait
reported throttled
work_in $oom oom memory 67108864 wait
wait $!
echo "{\"exitCode\":$?}" > /report/oom
sleep 3600 &
echo $! > $cgroups/$service/cgroup.procs
