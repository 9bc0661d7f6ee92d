#!/usr/bin/env python3
"""Write the initial RAM disk of the test machine: a cpio archive (the kernel's "newc" format, Documentation/driver-api/early-userspace/buffer-format.rst).

  initrd.py OUT MODULES GUEST

MODULES: kernel modules, loaded in the order of their names. GUEST: files laid over Debian's disk at each start, with the
modes that they have here. busybox is this machine's. The archive's /init mounts the disk and hands over to systemd, or to
the program that `init=` on the kernel's command line names.
"""
import os
import sys

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t devtmpfs devtmpfs /dev
mount -t proc proc /proc
for module in /modules/*; do insmod $module; done
# The driver finds its disks after insmod has returned.
tries=0
while [ ! -b /dev/vdc ] && [ $tries -lt 500 ]; do tries=$((tries + 1)); usleep 10000; done
mount -o noatime /dev/vda /root || { echo "initrd: there is no disk"; poweroff -f; }
init=/sbin/init
for word in $(cat /proc/cmdline); do case $word in init=*) init=${word#init=} ;; esac; done
cp -a /guest/. /root/
chroot /root /usr/local/sbin/first-steps
mount -o ro /dev/vdb /root/opt/lichen && mount /dev/vdc /root/home/tester || { echo "initrd: cannot mount a disk"; poweroff -f; }
umount /proc
mount --move /dev /root/dev
exec switch_root /root $init
"""


class Archive:
    def __init__(self, file):
        self.file, self.inode = file, 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        """One entry, owned by root. Directories come before what they hold."""
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(name), 0)
        self.pad(b"070701" + b"".join(b"%08x" % field for field in fields) + name)
        self.pad(content)

    def pad(self, content):
        self.file.write(content + b"\0" * (-len(content) % 4))


def add_tree(archive, folder, below):
    archive.add(below, 0o40755)
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isdir(path):
            add_tree(archive, path, f"{below}/{name}")
        else:
            mode = 0o100755 if os.stat(path).st_mode & 0o100 else 0o100644
            with open(path, "rb") as file:
                archive.add(f"{below}/{name}", mode, file.read())


def main():
    out, modules, guest = sys.argv[1:4]
    with open(out, "wb") as file:
        archive = Archive(file)
        for name in ("bin", "dev", "proc", "root"):
            archive.add(name, 0o40755)
        archive.add("dev/console", 0o20600, device=(5, 1))
        with open("/bin/busybox", "rb") as busybox:
            archive.add("bin/busybox", 0o100755, busybox.read())
        archive.add("init", 0o100755, INIT.encode())
        add_tree(archive, modules, "modules")
        add_tree(archive, guest, "guest")
        archive.add("TRAILER!!!", 0)


if __name__ == "__main__":
    main()
