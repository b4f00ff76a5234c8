#!/usr/bin/env bash
# Fetches Debian's kernel for the suite that boots one: nothing is installed, and of the package only the kernel and the
# modules that the guest needs are kept, in the order in which they have to be loaded. Needs apt, dpkg and kmod.
set -euo pipefail
cd "$(dirname "$0")/../.."
kernel=node_modules/.cache/waypost-kernel
[ -e "$kernel/vmlinuz" ] && exit

# The files of the computer that runs the suite, its Bluetooth, and the ciphers without which btvirt cannot open it.
modules=(virtio_pci 9pnet_virtio 9p virtio_rng algif_hash algif_skcipher cmac ecb ctr ccm ecdh_generic hci_vhci)

newest() { # the package that the one without a version depends on
  apt-cache show --no-all-versions linux-image-amd64 2>/dev/null | sed -n 's/^Depends: \([^ ,]*\).*/\1/p'
}
package=$(newest)
[ -n "$package" ] || { apt-get update -qq && package=$(newest); }
version=${package#linux-image-}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
(cd "$folder" && apt-get download -qq -o APT::Sandbox::User=root "$package")
dpkg -x "$folder/$package"_*.deb "$folder"
/usr/sbin/depmod -b "$folder" "$version"

paths=$(
  /usr/sbin/modprobe -d "$folder" -S "$version" --show-depends --all "${modules[@]}" |
    awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
)
rm -rf "$kernel.new"
mkdir -p "$kernel.new/modules"
index=10
for path in $paths; do
  cp "$path" "$kernel.new/modules/$((index++))-$(basename "$path")"
done
cp "$folder/boot/vmlinuz-$version" "$kernel.new/vmlinuz"
mv "$kernel.new" "$kernel" # all of it or nothing
