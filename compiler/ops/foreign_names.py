"""What people who come from PyTorch, Keras, timm or Caffe write, and what archc has for it: the same operation, another way, or nothing and why.

`archc explain` and the messages of unknown names (E201, E204) read these tables. Words are looked up in small letters, without `_`, without
the module before them (`nn.`, `F.`) and without the number of dimensions behind them (`2d`).
"""

from __future__ import annotations

import re
from typing import Final

from ...base.records import dataclass
from . import TABLE

SAME = {
    "conv": "convolution",
    "deform_conv": "deformconv deformableconv dcn dcnv2 modulateddeformconv deformconvpack",
    "correlation": "corr costvolume correlationlayer spatialcorrelationsampler",
    "deconv": "convtranspose convtransposed transposedconv transposeconv deconvolution fractionallystridedconv",
    "std_conv": "stdconv wsconv weightstandardization weightstandardisation scaledstdconv standardizedconv",
    "weight_norm_conv": "weightnorm weightnormconv weightnormalization",
    "weight_norm_deconv": "weightnormdeconv weightnormconvtranspose weightnormtransposedconv",
    "weight_norm_linear": "weightnormlinear weightnormdense",
    "spectral_norm_conv": "spectralnorm spectralnormconv snconv spectralnormalization",
    "spectral_norm_deconv": "spectralnormdeconv spectralnormconvtranspose sndeconv snconvtranspose",
    "spectral_norm_linear": "spectralnormlinear spectralnormdense snlinear sndense",
    "blur_pool": "blurpool antialias gaussianblur blur",
    "dwconv": "depthwise depthwiseconv depthwiseconvolution",
    "linear": "dense fc fullyconnected innerproduct lazylinear gemm",
    "bn": "batchnorm batchnormalization syncbatchnorm frozenbatchnorm lazybatchnorm",
    "ln": "layernorm layernormalization",
    "gn": "groupnorm groupnormalization",
    "instance_norm": "instancenorm instancenormalization",
    "lrn": "localresponsenorm localresponsenormalization localresponsenormalisation",
    "maxpool": "maxpooling pool pooling",
    "avgpool": "averagepool averagepooling avgpooling meanpool",
    "adaptive_avgpool": "adaptiveaveragepool adaptiveaveragepooling adaptiveavgpool adaptivepool",
    "adaptive_maxpool": "adaptivemaxpool adaptivemaxpooling",
    "global_avgpool": "gap globalavgpool globalaveragepool globalaveragepooling globalpool globalpooling",
    "global_maxpool": "gmp globalmaxpool globalmaxpooling",
    "leaky_relu": "leakyrelu lrelu",
    "silu": "swish memoryefficientswish",
    "hard_swish": "hardswish hswish",
    "hard_sigmoid": "hardsigmoid hsigmoid",
    "sigmoid": "logistic",
    "relu": "rectifier",
    "add": "plus addition eltwise elementwiseadd floatfunctional",
    "sub": "subtract subtraction minus difference diff",
    "mul": "multiply multiplication times product",
    "maximum": "max maxout eltwisemax",
    "div": "divide division truediv quotient",
    "minimum": "min eltwisemin",
    "mean": "average avg",
    "reduce": "reducemean meanpooling amax reducemax amin reducemin var variance reducel2 vectornorm",
    "power": "pow",
    "clamp": "clip hardtanh relun",
    "offset": "addscalar addconstant",
    "normalize": "l2norm l2normalize",
    "concat": "cat concatenate concatenation",
    "einsum": "tensordot",
    "matmul": "bmm mm dot matrixmultiply",
    "drop_path": "droppath stochasticdepth dropconnect",
    "pixel_shuffle": "pixelshuffle depthtospace subpixel",
    "pixel_unshuffle": "pixelunshuffle spacetodepth reorg",
    "expand": "broadcastto",
    "maxunpool": "unpool unpooling",
    "flip": "reverse fliplr flipud",
    "unfold": "im2col",
    "fold": "col2im",
    "channel_shuffle": "channelshuffle shuffle",
    "upsample": "interpolate resize upsampling upsamplingnearest upsamplingbilinear",
    "flatten": "ravel",
    "reshape": "view unflatten",
    "permute": "moveaxis movedim",
    "select": "getitem take gather indexselect",
    "chunk": "tensorsplit",
    "slice": "narrow stridedslice getslice",
    "crop": "centercrop cropping",
    "pad": "zeropad zeropadding constantpad reflectionpad reflectpad replicationpad circularpad padding",
    "identity": "noop passthrough pass",
    "layer_scale": "layerscale",
    "attention": "multiheadattention multihead mha mhsa msa selfattention multiheadselfattention",
    "lstm": "bilstm bidirectional longshorttermmemory",
    "gru": "bigru gatedrecurrentunit",
    "embedding": "embed lookup",
    "class_token": "token clstoken classtoken cls",
    "position_embedding": "posembed positionalembedding positionalencoding posembedding",
}
"""Operations, each with its names elsewhere."""

PARAMETERS = {
    "filters": "channels", "out_channels": "channels", "num_output": "channels", "kernel_size": "kernel", "pool_size": "kernel", "padding": "pad", "strides": "stride",
    "units": "features", "out_features": "features", "group": "groups", "num_groups": "groups", "ceil_mode": "ceil", "count_include_pad": "count_pad", "rate": "p",
    "output_padding": "out_pad", "padding_mode": "pad_mode", "num_classes": "classes", "dilation_rate": "dilation", "drop_prob": "p", "epsilon": "eps",
    "elementwise_affine": "affine", "use_bias": "bias", "negative_slope": "slope", "output_size": "size", "num_heads": "heads", "dim": "axis", "return_indices": "indices",
    "scale_factor": "scale", "factor": "scale", "num_embeddings": "count", "embedding_dim": "features", "upscale_factor": "factor", "shortcut": "skip", "residual": "skip",
    "head_dim": "head_size", "dim_head": "head_size", "num_kv_heads": "groups", "num_key_value_heads": "groups", "kv_heads": "groups", "is_causal": "causal",
    "out": "channels", "out_ch": "channels", "out_chs": "channels", "ch": "channels", "c": "channels", "n_filters": "channels", "ks": "kernel", "k": "kernel",
    "size": "kernel", "ksize": "kernel", "s": "stride", "d": "dilation", "g": "groups", "p": "pad", "attn_mask": "mask", "rope_theta": "rotary", "rope": "rotary", "rotary_dim": "rotary_size", "rotary_ndims": "rotary_size", "qk_norm": "norm", "window_size": "window", "attn_drop": "dropout", "attention_dropout": "dropout",
}  # fmt: skip
"""Names of parameters, and `skip`'s."""

NO_PARAMETERS = {
    "activation": "an activation is a step of its own: `conv(64) -> relu`",
    "act": "an activation is a step of its own: `conv(64) -> relu`",
    "act_layer": "an activation is a step of its own: `conv(64) -> relu`",
    "norm": "a norm is a step of its own: `conv(64, bias = false) -> bn`",
    "norm_layer": "a norm is a step of its own: `conv(64, bias = false) -> bn`",
    "batch_norm": "a norm is a step of its own: `conv(64, bias = false) -> bn`",
    "use_bn": "a norm is a step of its own: `conv(64, bias = false) -> bn`",
    "in_channels": "the channels that come in are never written: they are those of the tensor",
    "in_features": "the features that come in are never written: they are those of the tensor",
    "input_dim": "the features that come in are never written: they are those of the tensor",
    "num_features": "the channels that come in are never written: they are those of the tensor",
    "normalized_shape": "what comes in is never written: a norm takes the channels of the tensor",
    "embed_dim": "the features that come in are never written: they are those of the tensor",
    "input_shape": "shapes are never written but at the network's `input image[3, 224, 224]`",
    "weights": "the file says nothing of it: `archc build --weights FILE` brings them in",
    "pretrained": "the file says nothing of it: `archc build --weights FILE` brings them in",
    "inplace": "what may work in place does so by itself where that is safe",
    "name": "a label stands before its step: `stem: conv(64)`",
    "dtype": "the file says nothing of it: `archc build --dtype` chooses",
    "device": "the file says nothing of it: `archc build --device` chooses",
    "data_format": "channels come first",
    "align_corners": "`upsample` works as PyTorch's default does",
}
"""Parameters that nothing here has, and what is done instead."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """Words for which there is no operation: why, or what is written instead; `example` is steps on a tensor of `shape`."""

    words: str
    answer: str
    example: str = ""
    shape: str = "8, 16, 16"


_RECURRENCE = "whole layers over a sequence are `lstm` and `gru`; a cell of one's own, step by step, is not there"
_ELEMENTWISE = "no operation works this out element by element"
_TRAINING = "archc describes the network; what trains it (losses, optimizers, their schedules) stays in Python"

CROSSING: Final = ("crossattention", "multiheadcrossattention")
"""What reads two sequences elsewhere, and by `attention` alone would read one."""

OTHERWISE = (
    Otherwise(
        "rnn lstmcell grucell rnncell recurrent simplernn convlstm sru mamba ssm",
        _RECURRENCE,
        "tokens -> lstm(16)",
    ),
    Otherwise(
        "transpose swapaxes t",
        "`permute` names the order of all axes, the batch not counted: `permute([1, 0])` of a sequence, `permute([0, 2, 1])` of an image's "
        "height and width",
        "permute([0, 2, 1])",
    ),
    Otherwise("upconv upconvolution", "a transposed convolution whose stride is its window", "deconv(64, 2, stride = 2)"),
    Otherwise("return yield", "the last tensor of a body is its result, and no word says so: leave it out"),
    Otherwise("act nonlinearity", "an activation stands by its own name: `relu`, `gelu`, `silu`", "relu"),
    Otherwise("norm normlayer", "a norm stands by its own name: `bn`, `gn(4)`, `ln`", "bn"),
    Otherwise("merge join", "what joins the paths is said: `add`, `mul`, `concat`", "concat { | skip | conv(8) }"),
    Otherwise("squeeze", "`flatten` drops axes of size 1, and `reshape` any of them", "global_avgpool -> flatten"),
    Otherwise("unsqueeze expanddims newaxis", "`reshape` adds an axis of size 1", "reshape([8, 16, 16, 1])"),
    Otherwise("neg negative", "multiply by -1", "scale(-1)"),
    Otherwise("log1p", "`offset`, then `log`", "relu -> offset(1) -> log"),
    Otherwise("sign erf floor round where cumsum cumprod argmax argmin topk sort maskedfill threshold", _ELEMENTWISE),
    Otherwise(
        "sum reducesum",
        "paths are added by `add { | … | … }`; along an axis it is `reduce`",
        'reduce("sum", axis = height)',
    ),
    Otherwise("std reducestd", "the square root of the variance", 'reduce("var", axis = height) -> sqrt'),
    Otherwise(
        "repeatinterleave tile",
        "`expand` stretches an axis of size 1, and `mul` and `add(broadcast = true)` stretch by themselves",
        "global_avgpool -> expand([-1, 16, 16])",
    ),
    Otherwise(
        "windowpartition windowreverse splitheads",
        "windows, heads and their way back are a line of `rearrange` each",
        'rearrange("c (h p) (w q) -> (h w) (p q) c", p = 4, q = 4)',
    ),
    Otherwise(
        "patchify",
        "patches that do not overlap are a convolution whose stride is its kernel",
        "conv(64, 4, stride = 4, pad = 0)",
    ),
    Otherwise("focus", "squares of positions become channels, then a convolution", "pixel_unshuffle(2) -> conv(32)"),
    Otherwise(
        "patchembed patchembedding",
        "patches are a convolution whose stride is its kernel, made a sequence by `tokens`",
        "conv(64, 4, stride = 4, pad = 0) -> tokens",
    ),
    Otherwise("separable separableconv depthwiseseparable depthwiseseparableconv", "depthwise, then 1x1", "dwconv(3) -> conv(64, 1)"),
    Otherwise("pointwise pointwiseconv pwconv conv1x1", "a convolution with a window of 1", "conv(64, 1)"),
    Otherwise("groupconv groupedconv groupconvolution", "`groups` of `conv`", "conv(64, groups = 4)"),
    Otherwise("dilatedconv atrousconv atrous", "`dilation` of `conv`", "conv(64, dilation = 2)"),
    Otherwise(
        "convbn convbnrelu convnormact cbr convbnact",
        "steps in a row; a block of one's own gives them a name",
        "conv(64, bias = false) -> bn -> relu",
    ),
    Otherwise(
        "residualblock basicblock bottleneck resblock",
        "`from resnet import basic, bottleneck`; or written out",
        "add { | conv(8) -> bn | skip } -> relu",
    ),
    Otherwise(
        "se seblock seblocks selayer squeezeexcite squeezeexcitation squeezeandexcitation",
        "`from units import squeeze_excitation`; or written out",
        "mul { | skip | global_avgpool -> conv(2, 1) -> relu -> conv(8, 1) -> sigmoid }",
    ),
    Otherwise(
        "cbam channelattention spatialattention eca gate", "a gate is `mul`", "mul { | skip | global_avgpool -> conv(8, 1) -> sigmoid }"
    ),
    Otherwise("mlp feedforward ffn", "two dense layers in a row", "tokens -> linear(32) -> gelu -> linear(8)"),
    Otherwise("glu gatedlinearunit", "two halves, one the gate of the other", "mul { | chunk(0, 2) | chunk(1, 2) -> sigmoid }"),
    Otherwise("geglu", "two halves, one the gate of the other", "mul { | chunk(0, 2) | chunk(1, 2) -> gelu }"),
    Otherwise("reglu", "two halves, one the gate of the other", "mul { | chunk(0, 2) | chunk(1, 2) -> relu }"),
    Otherwise(
        "swiglu",
        "two projections, of which one is the gate, and one back",
        "mul { | linear(32) -> silu | linear(32) } -> linear(in.features)",
        "length = 16, channels = 8",
    ),
    Otherwise("quickgelu", "the input times its sigmoid, steeper", "mul { | skip | scale(1.702) -> sigmoid }"),
    Otherwise("approximategelu gelunew gelutanh gelupytorchtanh gelufast", "the form of `gelu` by tanh", "gelu(tanh = true)"),
    Otherwise("squaredrelu relusquared starrelu", "the square of `relu`", "relu -> square"),
    Otherwise("softsign", "the input by 1 and its size", "div { | skip | abs -> offset(1) }"),
    Otherwise("logsigmoid", "of `softplus`, with both signs turned", "scale(-1) -> softplus -> scale(-1)"),
    Otherwise("tanhshrink", "the input less its tanh", "sub { | skip | tanh }"),
    Otherwise(
        "gempool gem generalizedmean",
        "a mean between two powers",
        "clamp(0.000001, 100000) -> power(3) -> global_avgpool -> power(0.333333)",
    ),
    Otherwise(
        "transformer transformerencoder transformerencoderlayer encoderlayer",
        "attention and two dense layers, each beside a skip, on a sequence (an image is made one by `tokens`)",
        "add { | skip | ln -> attention(4) } -> add { | skip | ln -> linear(4 * in.channels) -> gelu -> linear(in.channels) }",
        "length = 16, channels = 8",
    ),
    Otherwise(
        " ".join(CROSSING),
        "queries of the first path, keys and values of the second",
        "attention(4) { | skip | skip(memory) }",
        "length = 16, channels = 8",
    ),
    Otherwise(
        "scaleddotproductattention",
        "queries, keys and values with their heads in front are joined by `sdpa`; `attention` projects, too",
        'tokens -> rearrange("l (h d) -> h l d", h = 2) -> sdpa { | skip | relu | skip }',
    ),
    Otherwise("sequential chain compose", "steps are joined by `->`", "conv(64) -> bn -> relu"),
    Otherwise("modulelist moduledict loop", "`repeat` and `for` write steps many times", "repeat 3 { conv(8) -> relu }"),
    Otherwise("shortcut residual skipconnection resadd", "a skip is a path of a merge", "add { | conv(8) | skip }"),
    Otherwise("parallel branch branches inception", "branches are the paths of a merge", "concat { | conv(8, 1) | conv(8, 3) }"),
    Otherwise(
        "affine", "a dense layer is `linear`; a learned factor for each channel is `layer_scale`, and norms have `affine`", "layer_scale(1)"
    ),
    Otherwise("causalconv causalconvolution chomp", "all padding before the signal", "conv(64, 3, pad = causal)", "8, 16"),
    Otherwise(
        "dropout spatialdropout featuredropout featurealphadropout alphadropout",
        "single values are dropped by `dropout`, squares by `dropblock`, whole paths by `drop_path`; whole channels by nothing",
        "dropout(0.2)",
    ),
    Otherwise(
        "gaussiannoise noise gaussiandropout randn rand normal",
        "the network draws no random numbers but those of `dropout` and `drop_path`; bring the noise in as a second `input`",
    ),
    Otherwise(
        "lppool fractionalmaxpool stochasticpool rocpool attentionpool",
        "not there; `maxpool`, `avgpool`, and both adaptive",
        "avgpool(2)",
    ),
    Otherwise(
        "aspp atrousspatialpyramidpooling",
        "dilated convolutions side by side",
        "concat { | conv(64, 1) | for d in [6, 12, 18]: conv(64, 3, dilation = d) }",
    ),
    Otherwise("spp spatialpyramidpooling sppf ppm", "pools side by side", "concat { | skip | maxpool(5, stride = 1, pad = 2) }"),
    Otherwise(
        "rrelu hardshrink softshrink softmin",
        "not there; `archc explain` lists the activations that are",
    ),
    Otherwise(
        "crossentropy crossentropyloss nllloss mseloss bceloss bcewithlogitsloss loss huberloss l1loss smoothl1loss ctcloss",
        _TRAINING + "; the network ends in the scores",
    ),
    Otherwise("adam adamw sgd rmsprop optimizer scheduler lr", _TRAINING),
    Otherwise(
        "affinegrid roipool nms psroipool",
        "not there: what is read depends on data; put it behind the module in Python",
    ),
    Otherwise("fft rfft ifft stft istft dct", "not there; bring what it gives in as the `input`"),
    Otherwise(
        "bilinear", "a way of `upsample` (`mode`); a product of two tensors with weights is not there", 'upsample(2, mode = "bilinear")'
    ),
    Otherwise(
        "parameter buffer registerbuffer variable constant weight",
        "weights belong to operations: `layer_scale`, `position_embedding`, `class_token`, `prelu` have such ones",
        "layer_scale(1)",
    ),
    Otherwise("lambda function module custom", "a block names steps; what no operation does cannot be written", "conv(64) -> relu"),
    Otherwise(
        "clone copy detach contiguous float double cuda cpu to stopgradient checkpoint quantstub dequantstub",
        "nothing of it is written: archc describes what is computed, not how it is stored",
        "identity",
    ),
    Otherwise("logits head classifier", "a head is written out", "global_avgpool -> flatten -> linear(1000)"),
    Otherwise("print", "nothing is printed when a text is read; the shape at a place is stated by `expect`", "expect [8, 16, 16]"),
    Otherwise("createmodel", "a network that comes with archc is imported: `from resnet18 import resnet18`, then `resnet18`"),
    Otherwise("prune quantize quantise fuse", "`archc build --optimize` rewrites the graph for inference; the file stays as it is"),
)

# --------------------------------------------------------------------------------------------- looking up

_MODULE = re.compile(
    r"^(?:torch\.|tf\.|keras\.|layers\.|nn\.|functional\.|utils\.|f\.|timm\.|jax\.|einops\.|np\.|jnp\.|flax\.|linen\.|activations\.|paddle\.|ops\.)+"
)
_DIMENSIONS = re.compile(r"(?<=[a-z])[123]d(?=$|transpose$)")


def key(word: str) -> str:
    """`nn.BatchNorm2d` and `batch_norm` are `batchnorm`."""
    return _DIMENSIONS.sub("", _MODULE.sub("", word.lower()).replace("_", "").replace("-", ""))


_SAME = {key(name): name for name in TABLE} | {word: name for name, words in SAME.items() for word in words.split()}
_OTHERWISE = {word: row for row in OTHERWISE for word in row.words.split()}


def same_as(word: str) -> str | None:
    """The operation that is called `word` elsewhere, or is written so with capitals."""
    plain = _MODULE.sub("", word.lower())
    found = plain if plain in TABLE else None if key(word) in _OTHERWISE else _SAME.get(key(word))
    return found if found != word else None


def otherwise(word: str) -> Otherwise | None:
    """What to do where no operation is what `word` is elsewhere."""
    return None if _MODULE.sub("", word.lower()) in TABLE else _OTHERWISE.get(key(word))


def advice(row: Otherwise) -> str:
    """The answer as one line for a message."""
    return row.answer if not row.example or f"`{row.example}`" in row.answer else f"{row.answer}: `{row.example}`"
