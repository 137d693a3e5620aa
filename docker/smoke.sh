#!/bin/sh
# The whole chain on drawn faces, small: what an image has to be able to do. Needs no network; a few minutes on a CPU.
#   docker run --rm --network none --entrypoint lfsrkit-smoke lfsrkit:cpu
#   docker run --rm --network none --gpus all -e DEVICE=cuda --entrypoint lfsrkit-smoke lfsrkit:cuda
# Outside of a container it tries whatever `lfsrkit` is on the path.
set -eu
device=${DEVICE:-cpu}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LFSRKIT_OFFLINE=1
cd "$work"

lfsrkit --version
lfsrkit doctor
lfsrkit pairs build -c fast_x4 --faces synthetic:24 -s "splits={train=16,validation=4,test=4}" --out pairs
lfsrkit pairs verify pairs
lfsrkit train -c fast_x4 -s steps=4 -s batch_size=4 --device "$device" --pairs pairs --out run
lfsrkit evaluate run --pairs pairs --device "$device" --out scores
lfsrkit pairs export pairs --to folders --split test --out files
lfsrkit enhance run files/test/low --device "$device" --out bright
test "$(find bright -name '*.png' | wc -l)" -ge 4
echo "smoke test passed on $device"
