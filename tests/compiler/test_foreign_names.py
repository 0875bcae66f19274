"""Names of other libraries: whoever types one is told what archc has for it, or why it has nothing."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.files.locate import shipped
from archc.compiler.ops import TABLE
from archc.compiler.ops.foreign_names import NO_PARAMETERS, OTHERWISE, PARAMETERS, SAME, key, otherwise, same_as
from archc.dsl.lexer.misspelt_words import USAGE
from archc.manual.language_words import SYNONYMS, WORDS
from archc.manual.pages import explain, index
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text
from tests.support import checked

TEXT = """
    Conv1d Conv2d Conv3d conv2d Convolution ConvTranspose2d conv_transpose Conv2DTranspose SeparableConv2D DepthwiseConv2D depthwise pointwise
    Linear Dense dense fc fully_connected InnerProduct nn.Linear nn.Conv2d F.relu torch.cat BatchNorm2d batchnorm batch_norm BatchNormalization
    SyncBatchNorm LayerNorm layernorm layer_norm LayerNormalization GroupNorm group_norm InstanceNorm2d LocalResponseNorm RMSNorm rms_norm
    weight_norm spectral_norm l2norm normalize MaxPool2d MaxPooling2D max_pool AvgPool2d AveragePooling2D avg_pool AdaptiveAvgPool2d
    AdaptiveMaxPool2d GlobalAveragePooling2D GlobalMaxPooling2D gap MaxUnpool2d ReLU ReLU6 LeakyReLU PReLU ELU GELU SELU CELU SiLU Swish swish
    hswish Hardswish hard_swish Hardsigmoid Sigmoid Tanh Mish Softplus Softmax LogSoftmax GLU Dropout Dropout2d dropout2d SpatialDropout2D
    AlphaDropout DropPath drop_path StochasticDepth GaussianNoise cat Concatenate concatenate stack add Add sum plus multiply Multiply mul div
    sub minus max maximum min mean average matmul bmm einsum dot reduce_mean reduce_sum amax sqrt abs exp log pow clamp square
    Flatten flatten view reshape Reshape unflatten permute Permute transpose squeeze unsqueeze expand repeat roll flip split chunk narrow
    slice index_select gather select pad ZeroPadding2D ReflectionPad2d crop CenterCrop Cropping2D Upsample UpSampling2D interpolate Resize
    PixelShuffle pixel_shuffle PixelUnshuffle depth_to_space space_to_depth ChannelShuffle unfold fold im2col
    LSTM lstm GRU gru RNN Bidirectional recurrent MultiheadAttention MultiHeadAttention mha SelfAttention scaled_dot_product_attention
    TransformerEncoderLayer Embedding PositionalEncoding cls_token patch_embed PatchEmbed mlp ffn Sequential ModuleList Identity identity Lambda
    parameter Parameter buffer affine layer_scale LayerScale se SEBlock squeeze_excite cbam bottleneck BasicBlock residual shortcut inception
    CrossEntropyLoss mse_loss Adam deform_conv grid_sample roi_align nms fft stft argmax topk where cumsum
    skip input output stage repeat block network aux if for let default require expect budget import from takes indexed flat half same valid in
    none true channels height width resnet50 resnet vgg16 conv bn divisible filters kernel_size padding strides activation in_channels head_dim
"""
TYPED = TEXT.split()


@pytest.mark.parametrize("word", sorted(set(TYPED)))
def test_what_people_type_is_explained(word: str) -> None:
    assert isinstance(explain(word), str)


def test_words_are_looked_up_without_what_surrounds_them() -> None:
    assert {key(word) for word in ("nn.BatchNorm2d", "batch_norm", "BatchNorm3d", "tf.keras.layers.BatchNorm")} == {"batchnorm"}
    assert (same_as("Conv2d"), same_as("conv"), same_as("Dropout"), same_as("Dropout2d")) == ("conv", None, "dropout", None)


def test_a_word_stands_in_one_table_once() -> None:
    same = [word for words in SAME.values() for word in words.split()]
    other = [word for row in OTHERWISE for word in row.words.split()]
    twice = sorted({word for word in (*same, *other) if [*same, *other].count(word) > 1})
    assert twice == []
    assert all(word == key(word) for word in (*same, *other)), "a word that nobody finds"
    assert set(SAME) <= set(TABLE)


def test_parameters_are_those_of_operations() -> None:
    known = {row.name for operation in TABLE.values() for row in operation.parameters()} | {"skip", "classes"}
    assert {name for name in PARAMETERS.values() if name not in known} == set()
    assert not set(PARAMETERS) & set(NO_PARAMETERS)


@pytest.mark.parametrize("row", [row for row in OTHERWISE if row.example], ids=lambda row: row.words.split()[0])
def test_what_is_advised_instead_is_legal(row: object) -> None:
    assert row in OTHERWISE
    example = row.example  # type: ignore[attr-defined]
    before = "memory: skip\n  " if "skip(memory)" in example else ""
    text = f"network n {{\n  input x[{row.shape}]\n  {before}{example}\n}}\n"  # type: ignore[attr-defined]
    assert [found.code for found in checked(text, "n.arch").diagnostics if found.is_error] == []


@pytest.mark.parametrize(
    "word",
    sorted({word for word in TYPED if otherwise(word) and word not in TABLE and word not in USAGE and "." not in word and word != "skip"}),
)
def test_a_message_says_it_too(word: str) -> None:
    rows = checked(f"network n {{\n  input x[8, 16, 16]\n  {word}(2)\n}}\n", "n.arch").diagnostics
    row = otherwise(word)
    assert row is not None
    assert [found.code for found in rows] == ["E201"]
    if rows[0].fix is not None:  # of what comes in here it is one step
        assert not [other for other in checked(applied(rows)["n.arch"][0], "n.arch").diagnostics if other.is_error]
    else:
        assert row.answer in to_text(rows)


@pytest.mark.parametrize("word", sorted({word for word in TYPED if same_as(word) and "." not in word}))
def test_a_fix_writes_the_name_of_archc(word: str) -> None:
    rows = checked(f"network n {{\n  input x[8, 16, 16]\n  {word}\n}}\n", "n.arch").diagnostics
    assert [found.code for found in rows] == ["E201"]
    name = same_as(word)
    assert name is not None
    assert f"`{name}" in (rows[0].help or "")
    if TABLE[name].least_inputs > 1:
        assert rows[0].fix is None
        assert f"{name} {{ | … | … }}" in (rows[0].help or "")
    else:
        text, _ = applied(rows)["n.arch"]
        assert "E201" not in [row.code for row in checked(text, "n.arch").diagnostics]


def test_a_head_of_a_merge_is_renamed() -> None:
    rows = check_source(
        Source.of("n.arch", "network n {\n  input x[8, 16, 16]\n  Concatenate(axis = 0) { | skip | conv(8) }\n}\n")
    ).diagnostics
    text, _ = applied(rows)["n.arch"]
    assert "concat(axis = 0) {" in text
    assert not checked(text, "n.arch").has_errors


def test_a_block_of_ones_own_is_nearer_than_another_library() -> None:
    text = "block se_block { conv(8) }\nnetwork n {\n  input x[8, 16, 16]\n  seblock\n}\n"
    rows = checked(text, "n.arch").diagnostics
    assert "did you mean `se_block`" in to_text(rows)


def test_every_word_of_the_language_has_a_page() -> None:
    assert set(USAGE) <= {*WORDS, *SYNONYMS}
    assert all(name in WORDS for name in SYNONYMS.values())
    for word in WORDS:
        page = explain(word)
        assert isinstance(page, str)


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_file_has_a_page(name: str) -> None:
    page = explain(name)
    assert isinstance(page, str)
    assert page.startswith(name)


def test_the_index_names_every_page() -> None:
    text = index()
    assert all(name in text for name in (*TABLE, "divisible", "skip", "half", "resnet50"))


def test_parameters_of_other_libraries_are_told() -> None:
    def said(call: str, shape: str = "length = 197, channels = 768") -> str:
        return to_text(checked(f"network n {{\n  input x[{shape}]\n  {call}\n}}\n", "n.arch").diagnostics)

    assert "did you mean `head_size`" in said("attention(12, head_dim = 32)")
    assert "conv(8) -> relu" in said('conv(8, activation = "relu")', "3, 8, 8")
    assert "did you mean `kernel`" in said("conv(8, kernel_size = 3)", "3, 8, 8")
    assert "error" not in said("attention(12, head_size = 32)")
