#!/bin/busybox sh
# The first process of the guest: two Bluetooth controllers that hear each other, and a program of the computer outside.
# What goes wrong is told on the console (ttyS0); the program's output is all that there is on ttyS1.
/bin/busybox mkdir -p /dev /proc /sys /host
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin:/sbin:/usr/sbin
. /settings # NODE and PROGRAM

end() {
  [ $# -eq 0 ] || echo "init: $*"
  reboot -f
}

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do
  insmod "$module" || end "$module cannot be loaded"
done

# The files outside, which cannot be changed from here, with this kernel's own views in their places.
mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=512000 host /host || end 'no files of the host'
for view in proc sys dev; do
  mount --bind "/$view" "/host/$view" || end "no /$view for programs of the host"
done

# Without -L they know extended advertising, and then one that scans with it does not hear one that advertises without.
chroot /host btvirt -L -l2 &
btvirt=$!
until [ -e /sys/class/bluetooth/hci0 ] && [ -e /sys/class/bluetooth/hci1 ]; do
  kill -0 "$btvirt" || end 'btvirt ended'
  sleep 0.1
done
for controller in hci0 hci1; do
  chroot /host hciconfig "$controller" up || end "$controller does not come up"
done

export BLENO_HCI_DEVICE_ID=0 NOBLE_HCI_DEVICE_ID=1
timeout 360 chroot /host "$NODE" "$PROGRAM" >/dev/ttyS1 || end "the program ended with $?, or was ended after 360 s"
end
