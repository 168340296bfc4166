import { describe, expect, it } from 'vitest';
import { type Identity, identify } from './identify.ts';

const id = '0123456789abcdef'.repeat(4);
const other = 'fedcba9876543210'.repeat(4);
const uid = '0c0ffee0-1234-4000-8000-00000000abcd';
const uid_ = uid.replaceAll('-', '_');
const slices = `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid_}.slice`;
const pod = `kubepods-burstable-pod${uid_}.slice`;

const table: readonly (readonly [name: string, path: string, want: Identity])[] = [
  ['the root', '/', {}],
  ['docker, cgroupfs', `/docker/${id}`, { containerId: id, runtime: 'docker' }],
  [
    'docker, systemd',
    `/system.slice/docker-${id}.scope`,
    { containerId: id, runtime: 'docker', unit: `docker-${id}.scope`, slice: 'system.slice' },
  ],
  ['docker with a parent of its own', `/batch/jobs/${id}`, { containerId: id }],
  ['a folder in a container', `/docker/${id}/init`, { containerId: id, runtime: 'docker', inside: `/docker/${id}` }],
  [
    'a service in a container',
    `/docker/${id}/system.slice/nginx.service`,
    { containerId: id, runtime: 'docker', inside: `/docker/${id}`, unit: 'nginx.service', slice: 'system.slice' },
  ],
  ['docker in docker', `/docker/${id}/docker/${other}`, { containerId: other, runtime: 'docker' }],
  ['containerd in a namespace', `/default/${id}`, { containerId: id, runtime: 'containerd' }],
  ['containerd of kubernetes', `/k8s.io/${id}`, { containerId: id, runtime: 'containerd' }],
  [
    'nerdctl, systemd',
    `/system.slice/nerdctl-${id}.scope`,
    { containerId: id, runtime: 'containerd', unit: `nerdctl-${id}.scope`, slice: 'system.slice' },
  ],
  [
    'podman, systemd',
    `/machine.slice/libpod-${id}.scope`,
    { containerId: id, runtime: 'podman', unit: `libpod-${id}.scope`, slice: 'machine.slice' },
  ],
  [
    'podman with crun, inside',
    `/machine.slice/libpod-${id}.scope/container`,
    {
      containerId: id,
      runtime: 'podman',
      unit: `libpod-${id}.scope`,
      slice: 'machine.slice',
      inside: `/machine.slice/libpod-${id}.scope`,
    },
  ],
  ['podman, cgroupfs', `/libpod_parent/libpod-${id}`, { containerId: id, runtime: 'podman' }],
  [
    "podman's monitor is no container",
    `/machine.slice/libpod-conmon-${id}.scope`,
    { unit: `libpod-conmon-${id}.scope`, slice: 'machine.slice' },
  ],
  [
    'podman without root',
    `/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${id}.scope`,
    { containerId: id, runtime: 'podman', unit: `libpod-${id}.scope`, slice: 'user.slice' },
  ],
  [
    'kubernetes, cgroupfs, burstable',
    `/kubepods/burstable/pod${uid}/${id}`,
    { containerId: id, podUid: uid, qosClass: 'burstable' },
  ],
  [
    'kubernetes, cgroupfs, guaranteed',
    `/kubepods/pod${uid}/${id}`,
    { containerId: id, podUid: uid, qosClass: 'guaranteed' },
  ],
  ['kubernetes, cgroupfs, a pod', `/kubepods/besteffort/pod${uid}`, { podUid: uid, qosClass: 'besteffort' }],
  ['kubernetes, cgroupfs, a class', '/kubepods/besteffort', { qosClass: 'besteffort' }],
  [
    'kubernetes, a static pod',
    `/kubepods/pod${id.slice(32)}/${id}`,
    { containerId: id, podUid: id.slice(32), qosClass: 'guaranteed' },
  ],
  [
    'kubernetes, cri-o, cgroupfs',
    `/kubepods/pod${uid}/crio-${id}`,
    { containerId: id, runtime: 'cri-o', podUid: uid, qosClass: 'guaranteed' },
  ],
  [
    'kubernetes, containerd, systemd',
    `/${slices}/cri-containerd-${id}.scope`,
    {
      containerId: id,
      runtime: 'containerd',
      podUid: uid,
      qosClass: 'burstable',
      unit: `cri-containerd-${id}.scope`,
      slice: pod,
    },
  ],
  [
    'kubernetes, cri-o, systemd',
    `/${slices}/crio-${id}.scope`,
    { containerId: id, runtime: 'cri-o', podUid: uid, qosClass: 'burstable', unit: `crio-${id}.scope`, slice: pod },
  ],
  [
    'kubernetes, docker, systemd, guaranteed',
    `/kubepods.slice/kubepods-pod${uid_}.slice/docker-${id}.scope`,
    {
      containerId: id,
      runtime: 'docker',
      podUid: uid,
      qosClass: 'guaranteed',
      unit: `docker-${id}.scope`,
      slice: `kubepods-pod${uid_}.slice`,
    },
  ],
  [
    "kubernetes, cri-o's monitor",
    `/${slices}/crio-conmon-${id}.scope`,
    { podUid: uid, qosClass: 'burstable', unit: `crio-conmon-${id}.scope`, slice: pod },
  ],
  [
    'kind: kubernetes in a container, systemd',
    `/docker/${other}/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod${uid_}.slice/cri-containerd-${id}.scope`,
    {
      containerId: id,
      runtime: 'containerd',
      podUid: uid,
      qosClass: 'besteffort',
      unit: `cri-containerd-${id}.scope`,
      slice: `kubelet-kubepods-besteffort-pod${uid_}.slice`,
    },
  ],
  [
    'kind: kubernetes in a container, cgroupfs',
    `/docker/${other}/kubelet/kubepods/burstable/pod${uid}/${id}`,
    { containerId: id, podUid: uid, qosClass: 'burstable' },
  ],
  [
    "a systemd path given to a runtime's cgroupfs driver",
    `/system.slice/containerd.service/${pod}:cri-containerd:${id}`,
    {
      containerId: id,
      runtime: 'containerd',
      podUid: uid,
      qosClass: 'burstable',
      unit: 'containerd.service',
      slice: 'system.slice',
    },
  ],
  ['lxc', '/lxc/web', { containerId: 'web', runtime: 'lxc' }],
  [
    'lxc 4',
    '/lxc.payload.web/init.scope',
    { containerId: 'web', runtime: 'lxc', inside: '/lxc.payload.web', unit: 'init.scope' },
  ],
  ["lxc's monitor", '/lxc.monitor.web', {}],
  [
    'systemd-nspawn',
    '/machine.slice/systemd-nspawn@web.service/payload',
    {
      containerId: 'web',
      runtime: 'systemd-nspawn',
      unit: 'systemd-nspawn@web.service',
      slice: 'machine.slice',
      inside: '/machine.slice/systemd-nspawn@web.service',
    },
  ],
  ['a service', '/system.slice/nginx.service', { unit: 'nginx.service', slice: 'system.slice' }],
  [
    'a service of a user',
    '/user.slice/user-1000.slice/user@1000.service/app.slice/dbus.service',
    { unit: 'dbus.service', slice: 'app.slice' },
  ],
  [
    'a slice named burstable that is not of kubernetes',
    '/my-burstable.slice',
    { unit: 'my-burstable.slice', slice: 'my-burstable.slice' },
  ],
  ['63 digits are no id', `/docker/${id.slice(1)}`, {}],
  ['65 digits are no id', `/docker/a${id}`, {}],
];

describe('the path of', () => {
  it.each(table)('%s', (_name, path, want) => expect(identify(path)).toEqual(want));
});
