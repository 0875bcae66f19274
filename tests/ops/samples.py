"""One sample at least of every operation, and more where it has kinds: what the golden file and the scripted tests run."""

from __future__ import annotations

from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Shapes

IMAGE = (8, 9, 10)


def op(name: str, **settings: object) -> Operation:
    """An operation, its arguments read as the compiler reads them."""
    kind = TABLE[name]
    values = {row.name: row.default for row in kind.parameters()}
    for word, value in settings.items():
        row = next(row for row in kind.parameters() if row.name == word)
        values[word] = row.kind.read(value)
    return kind(**values)


SAMPLES: tuple[tuple[Operation, Shapes], ...] = (
    (op("conv", channels=12), (IMAGE,)),
    (op("conv", channels=12, kernel=(1, 7), stride=2, groups=4, bias=False), (IMAGE,)),
    (op("conv", channels=12, kernel=5, dilation=2, init="truncated", std=0.02), ((8, 30),)),
    (op("conv", channels=4, kernel=3, stride=2, pad="valid"), ((2, 5, 6, 7),)),
    (op("conv", channels=4, kernel=4, pad="same"), (IMAGE,)),
    (op("conv", channels=4, kernel=3, stride=2, pad="same"), (IMAGE,)),
    (op("conv", channels=4, kernel=3, stride=2, pad="same"), ((8, 30),)),
    (op("conv", channels=4, kernel=3, stride=2, pad="same", bias=False), ((2, 5, 6, 7),)),
    (op("conv", channels=4, kernel=3, stride=2, pad=(0, 1, 0, 1)), (IMAGE,)),
    (op("conv", channels=4, kernel=3, stride=2, pad=(0, 1)), ((8, 30),)),
    (op("conv", channels=4, kernel=3, stride=2, pad=(0, 1, 0, 1, 1, 0)), ((2, 5, 6, 7),)),
    (op("conv", channels=4, pad_mode="reflect"), (IMAGE,)),
    (op("conv", channels=4, pad_mode="circular"), (IMAGE,)),
    (op("conv", channels=4, pad_mode="replicate"), (IMAGE,)),
    (op("dwconv", kernel=7), (IMAGE,)),
    (op("dwconv", kernel=3, stride=2, multiplier=2), (IMAGE,)),
    (op("deconv", channels=6, kernel=4, stride=2, pad=1), (IMAGE,)),
    (op("deconv", channels=6, kernel=3, stride=3, out_pad=1, groups=2, dilation=2, bias=False), ((8, 5),)),
    (op("deconv", channels=6, kernel=2, stride=2), ((2, 3, 4, 5),)),
    (op("linear", features=10), ((48,),)),
    (op("linear", features=10, bias=False), ((5, 48),)),
    (op("linear", features=10, last=True), ((4, 5, 6),)),
    (op("bn"), ((8,),)),
    (op("bn", eps=0.001, momentum=0.01), (IMAGE,)),
    (op("bn", affine=False), ((8, 30),)),
    (op("bn"), ((2, 3, 4, 5),)),
    (op("gn", groups=4), (IMAGE,)),
    (op("ln"), ((5, 12),)),
    (op("ln", eps=1e-6), (IMAGE,)),
    (op("ln", last=True), ((9, 10, 8),)),
    (op("instance_norm"), (IMAGE,)),
    (op("instance_norm", affine=True), ((8, 30),)),
    (op("lrn", size=5, alpha=5e-4, k=2), (IMAGE,)),
    (op("lrn", size=4), ((8, 30),)),
    (op("relu"), (IMAGE,)),
    (op("relu6"), (IMAGE,)),
    (op("leaky_relu"), (IMAGE,)),
    (op("leaky_relu", slope=0.2), (IMAGE,)),
    (op("prelu"), (IMAGE,)),
    (op("prelu", shared=True, start=0.1), (IMAGE,)),
    (op("elu", alpha=0.5), (IMAGE,)),
    (op("gelu"), (IMAGE,)),
    (op("gelu", tanh=True), (IMAGE,)),
    (op("silu"), (IMAGE,)),
    (op("mish"), (IMAGE,)),
    (op("sigmoid"), (IMAGE,)),
    (op("tanh"), (IMAGE,)),
    (op("hard_sigmoid"), (IMAGE,)),
    (op("hard_swish"), (IMAGE,)),
    (op("softmax"), ((10,),)),
    (op("softmax", axis=-1), ((5, 12),)),
    (op("softplus", beta=2), (IMAGE,)),
    (op("maxpool", kernel=3, stride=2, pad=1), (IMAGE,)),
    (op("maxpool", kernel=3, stride=2, ceil=True), (IMAGE,)),
    (op("maxpool", kernel=2), ((8, 30),)),
    (op("maxpool", kernel=3, stride=1, pad="same"), ((2, 5, 6, 7),)),
    (op("maxpool", kernel=3, stride=2, pad="same", dilation=2), (IMAGE,)),
    (op("maxpool", kernel=3, stride=2, pad="same"), ((8, 30),)),
    (op("maxpool", kernel=3, stride=2, pad=(0, 1, 0, 1)), (IMAGE,)),
    (op("avgpool", kernel=2, stride=2, ceil=True, count_pad=False), (IMAGE,)),
    (op("avgpool", kernel=3, stride=1, pad=1), ((8, 30),)),
    (op("avgpool", kernel=2), ((2, 4, 5, 6),)),
    (op("avgpool", kernel=3, stride=2, pad="same"), (IMAGE,)),
    (op("avgpool", kernel=3, stride=2, pad="same", count_pad=False), (IMAGE,)),
    (op("avgpool", kernel=3, stride=2, pad=(0, 1), count_pad=False), ((8, 30),)),
    (op("avgpool", kernel=3, stride=2, pad="same"), ((2, 5, 6, 7),)),
    (op("adaptive_avgpool", size=4), (IMAGE,)),
    (op("adaptive_avgpool", size=(3, 5)), (IMAGE,)),
    (op("adaptive_maxpool", size=4), ((8, 30),)),
    (op("global_avgpool"), (IMAGE,)),
    (op("global_avgpool"), ((8, 30),)),
    (op("global_avgpool"), ((2, 4, 5, 6),)),
    (op("adaptive_avgpool", size=2), ((2, 4, 5, 6),)),
    (op("adaptive_avgpool", size=4), ((8, 30),)),
    (op("global_maxpool"), ((2, 4, 5, 6),)),
    (op("add"), (IMAGE, IMAGE)),
    (op("add", broadcast=True), (IMAGE, (8, 1, 1), (1, 9, 10))),
    (op("mul"), (IMAGE, (8, 1, 1))),
    (op("mul"), (IMAGE, (8, 1, 1), IMAGE)),
    (op("sub"), (IMAGE, IMAGE)),
    (op("maximum"), (IMAGE, IMAGE, IMAGE)),
    (op("mean"), (IMAGE, IMAGE, IMAGE)),
    (op("concat"), (IMAGE, (4, 9, 10), (1, 9, 10))),
    (op("concat", axis="width"), (IMAGE, (8, 9, 2))),
    (op("matmul"), ((5, 6), (6, 7))),
    (op("matmul"), ((3, 5, 6), (3, 6, 7))),
    (op("flatten"), (IMAGE,)),
    (op("reshape", shape=(4, -1)), (IMAGE,)),
    (op("permute", order=(1, 2, 0)), (IMAGE,)),
    (op("tokens"), (IMAGE,)),
    (op("channel_shuffle", groups=2), (IMAGE,)),
    (op("pixel_shuffle", factor=2), (IMAGE,)),
    (op("slice", axis="channels", start=2, stop=-1), (IMAGE,)),
    (op("slice", axis="width", start=3), (IMAGE,)),
    (op("chunk", i=1, n=2), (IMAGE,)),
    (op("select", index=0), ((5, 12),)),
    (op("select", index=-1, axis="width"), (IMAGE,)),
    (op("crop", size=5), (IMAGE,)),
    (op("crop", like=True), (IMAGE, (3, 4, 7))),
    (op("pad", sides=(1, 2)), (IMAGE,)),
    (op("pad", sides=(0, 1, 2, 3), value=1.5), (IMAGE,)),
    (op("pad", sides=2, mode="reflect"), (IMAGE,)),
    (op("pad", sides=(1, 0), mode="replicate"), ((8, 30),)),
    (op("pad", sides=1, mode="circular"), ((2, 4, 5, 6),)),
    (op("upsample", scale=2), (IMAGE,)),
    (op("upsample", scale=(2, 1.5), mode="bilinear"), (IMAGE,)),
    (op("upsample", size=20, mode="bicubic", align_corners=True), (IMAGE,)),
    (op("upsample", like=True, mode="bilinear"), (IMAGE, (3, 20, 21))),
    (op("upsample", scale=3, mode="linear"), ((8, 30),)),
    (op("upsample", scale=2, mode="trilinear"), ((2, 3, 4, 5),)),
    (op("upsample", size=(7, 11), mode="nearest-exact"), (IMAGE,)),
    (op("dropout"), (IMAGE,)),
    (op("dropout", p=0), (IMAGE,)),
    (op("drop_path", p=0.2), (IMAGE,)),
    (op("drop_path", p=0), (IMAGE,)),
    (op("attention", heads=4), ((5, 12),)),
    (op("attention", heads=3, bias=False), ((5, 12),)),
    (op("attention", heads=2), ((5, 12), (7, 12))),
    (op("attention", heads=2, bias=False), ((5, 12), (7, 12))),
    (op("class_token"), ((5, 12),)),
    (op("position_embedding"), ((5, 12),)),
    (op("layer_scale", init=1e-6), (IMAGE,)),
    (op("layer_scale"), ((5, 12),)),
    (op("scale", factor=0.17), (IMAGE,)),
    (op("identity"), (IMAGE,)),
    (op("embedding", count=50, features=12), ((5,),)),
)


def describe(operation: Operation, inputs: Shapes) -> str:
    """`conv(channels = 12, kernel = 3) of 8x9x10`: what differs from the defaults."""
    given = [
        f"{row.name} = {getattr(operation, row.name)!r}"
        for row in operation.parameters()
        if row.required or getattr(operation, row.name) != row.default
    ]
    shapes = " and ".join("x".join(str(size) for size in shape) for shape in inputs)
    return f"{operation.name}({', '.join(given)}) of {shapes}"
