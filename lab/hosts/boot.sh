#!/bin/bash
# Boots a host: makes the overlay its root and hands over to its pid 1. Arguments: base name boot-id node control.
# Runs in fresh mount, uts, ipc and pid namespaces, inside the network namespace of the host's region.
set -euo pipefail
base=$1 name=$2 boot_id=$3 node=$4
root=$base/root

hostname "$name"
mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/sshd" "$root/run/lock" "$root/run/lab"

# The kernel has one boot id for all namespaces; a host that was rebooted must show another.
echo "$boot_id" >"$root/run/lab/boot_id"
chmod 444 "$root/run/lab/boot_id"
mount --bind "$root/run/lab/boot_id" "$root/proc/sys/kernel/random/boot_id"

# Hosts run the same Node as the lab, whatever the machine has installed.
mkdir -p "$root/usr/local/bin"
[ -e "$base/upper/usr/local/bin/node" ] || { rm -f "$root/usr/local/bin/node"; touch "$root/usr/local/bin/node"; }
mount --bind "$node" "$root/usr/local/bin/node"

cd "$root"
mkdir -p .old
pivot_root . .old
exec chroot . /bin/bash /usr/local/lib/lab/init.sh
