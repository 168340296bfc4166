# keeper.sh PLACE CONTAINERS REPORTS: holds the namespaces of an engine until its input ends, which it does when the test
# ends, however that may be. Then it kills what is in them, and the containers that have a folder in CONTAINERS, and
# removes what they leave. Every process that it kills is known by this engine's namespace or by the id of its container.
place=$1 containers=$2 reports=$3
ip link set lo up && echo ready || exit 1
cat > /dev/null

own=$(readlink /proc/$$/ns/mnt | tr -dc 0-9)
in_containers() {
  for id in $(ls "$containers" 2> /dev/null | grep -E '^[0-9a-f]{64}$'); do
    cat /sys/fs/cgroup/docker/$id/cgroup.procs /sys/fs/cgroup/*/docker/$id/cgroup.procs \
      /sys/fs/cgroup/*/libpod_parent/*"$id"/cgroup.procs 2> /dev/null
  done | sort -u
}
tries=0
while [ $((tries += 1)) -lt 100 ]; do
  # The list is made first: what looks through it is in the namespace too, and is not on it.
  links=$(echo /proc/[0-9]*/ns/mnt)
  pids=$(find $links -lname "mnt:?$own?" 2> /dev/null | cut -d / -f 3 | grep -vx $$)
  pids="$pids $(in_containers)"
  [ -n "$(echo $pids)" ] || break
  kill -KILL $pids 2> /dev/null
  sleep 0.05
done
for id in $(ls "$containers" 2> /dev/null | grep -E '^[0-9a-f]{64}$'); do
  rmdir /sys/fs/cgroup/docker/$id /sys/fs/cgroup/*/docker/$id /sys/fs/cgroup/*/libpod_parent/*"$id" 2> /dev/null
done
grep -F " $place/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r | xargs -r umount --lazy
rm -rf "$place" "$reports"
