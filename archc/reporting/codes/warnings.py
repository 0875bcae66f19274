"""Codes of warnings (W5xx). `# allow W502` silences one: on the line, alone on the line above, or for the file at its head."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "W501",
        "a step that leads to no output",
        "Nothing reads what the step makes, so it is left out of the module.",
        "network n {\n  input x[3, 8, 8]\n  a: conv(8)\n  conv(4)\n  b: conv(2)\n  output a\n}\n",
        "Remove the step, or name its result as an output.",
    ),
    Code(
        "W502",
        "a bias before a norm",
        "A batch norm subtracts the mean of each channel, and with it any bias that was added just before: the parameters do nothing.",
        "network n {\n  input x[64, 8, 8]\n  conv(64, 3) -> bn\n}\n",
        "`conv(64, 3, bias = false)`, or `default conv(bias = false)` at the head of the file. Where a checkpoint has the bias "
        "(torchvision's vgg16_bn), `bias = true` written out, or `# allow W502`, says that it is meant.",
    ),
    Code(
        "W503",
        "values that are never read",
        "A stride longer than the window leaves gaps; a window that does not fit at the end leaves the last rows unread.",
        "network n {\n  input x[3, 8, 8]\n  conv(8, 2, stride = 3, pad = 0)\n}\n",
        "The message names the padding (of a pool, perhaps `ceil = true`) that would read them, if there is one; a stride no longer than the window "
        "leaves no gaps. Not warned of: a strided 1x1 convolution, the shortcut of the papers, and rows that a `pad` before it has added.",
    ),
    Code(
        "W504",
        "a name that nothing reads",
        "A parameter, a `let` or an imported name of this file is never used: a value that is given for it changes nothing. Parameters of a block "
        "that is itself given as a value are what its caller asks for, and are not warned of. Told, too, of a `default` behind which nothing is that it is for.",
        "block b(out, groups = 1) { conv(out) }\nnetwork n {\n  input x[3, 8, 8]\n  b(8)\n}\n",
        "Remove it, or use it where it was meant to be used.",
    ),
    Code(
        "W505",
        "a step that changes nothing",
        "With these arguments, written as numbers, the output always equals the input. Not warned of: an argument that a parameter gives "
        "(`dropout(drop)`), and a pool or crop that does something at another size of image.",
        "network n {\n  input x[3, 8, 8]\n  conv(8) -> dropout(0.0)\n}\n",
        "Leave it out; `identity` keeps its place where keys are numbered.",
    ),
    Code(
        "W506",
        "a batch norm over one value",
        "Behind a global pool a channel has one value an image. At batch 1 there is nothing to take a variance of, and PyTorch refuses to train.",
        "network n {\n  input x[3, 8, 8]\n  global_avgpool -> conv(8, 1, bias = false) -> bn\n}\n",
        "Train with batches of 2 at least, or leave the norm out; `gn` does where a group has several channels.",
    ),
    Code(
        "W507",
        "an even kernel with `half`",
        "`half` pads `(kernel - 1) // 2` a side, which centres an odd window; with an even one the output is a row smaller. Not warned of where a "
        "stride makes up for it: 4 wide with stride 2, or 2 with 2, halve an even image exactly.",
        "network n {\n  input x[3, 8, 8]\n  conv(8, 4)\n}\n",
        "`pad = same` keeps the size (it pads more at the end); or give the padding as a number.",
    ),
    Code(
        "W508",
        "a group with one channel",
        "Each group gives one channel out of several: neither a depthwise convolution (one in, one out) nor one that mixes.",
        "network n {\n  input x[24, 8, 8]\n  conv(12, 3, groups = 12)\n}\n",
        "`dwconv` is the depthwise convolution; fewer groups mix more channels.",
    ),
    Code(
        "W509",
        "an operand given twice",
        "Two paths of a merge end in the same tensor. Both edges are kept.",
        "network n {\n  input x[3, 8, 8]\n  a: conv(3)\n  add { | skip | skip(a) }\n}\n",
        "`scale(2)` says it plainly, if it is meant.",
    ),
    Code(
        "W510",
        "a head that fixes the size of the input",
        "A linear layer behind a flatten, or a learned table of positions, has as many weights as the image has places: "
        "the built network takes images of one size.",
        "network n {\n  input x[3, 8, 8]\n  flatten -> linear(10)\n}\n",
        "Pool to a fixed size first: `global_avgpool`, `adaptive_avgpool(7)`. Where the paper has it so (AlexNet), `# allow W510`.",
    ),
    Code(
        "W511",
        "a pool whose windows overlap",
        "An adaptive pool to a size that does not divide its input has windows of different sizes that overlap. "
        "PyTorch runs it; ONNX has no operator for it, so that the export writes out every window.",
        "network n {\n  input x[3, 12, 12]\n  adaptive_avgpool(7)\n}\n",
        "Pool to a size that divides, for example 6 or 4; or to 1 with `global_avgpool`.",
    ),
    Code(
        "W512",
        "an input in another library's order",
        "Shapes are written channels first and without the batch. Everything else follows from the input, so one in "
        "another order may well build: into another network. So may the `shape` of an operation of one's own.",
        "network n {\n  input x[224, 224, 3]\n  conv(8) -> global_avgpool\n}\n",
        "Write `input x[3, 224, 224]`. Where it is meant (a volume of three slices), `# allow W512`.",
    ),
    Code(
        "W513",
        "a residual that is lost",
        "`| if c: conv(…)` takes the whole path away where the condition does not hold. A sum of which one path is left, and to which the "
        "tensor that comes in would fit, is hardly meant. Nor is a `drop_path` on the shortcut of a sum, whose branch is what stochastic depth drops.",
        "network n(stride = 1) {\n  input x[8, 8, 8]\n  add {\n    | conv(8, stride = stride)\n    | if stride > 1: conv(8, 1, stride = stride)\n  }\n}\n",
        "`| if c { conv(…) }` keeps the path: without the step it is the tensor that comes in. Where no sum is meant, `# allow W513`; "
        "`| if c: skip` is not warned of.",
    ),
    Code(
        "W514",
        "an axis that had another number",
        "The names of axes travel with the tensor: behind `tokens` the channels are the last axis, and a step without `axis = …` works along "
        "that one. Who counts axes by their places may mean another. Not told of a norm over features that stand last, nor of `chunk` behind a dense layer of such.",
        "network n {\n  input x[3, 8, 8]\n  tokens -> softmax\n}\n",
        "`archc check --fix` writes the axis out; where another one is meant, write that.",
    ),
    Code(
        "W515",
        "arguments in PyTorch's order",
        "What comes in is never written. `conv(3, 64, 7)` on three channels gives three channels again, with a window of 64 and a stride of 7; "
        "as PyTorch would read it, it gives 64 channels with a window of 7. `conv(64, 128)` on 64 channels has a window of 128, too.",
        "network n {\n  input x[3, 99, 99]\n  conv(3, 64, 7)\n}\n",
        "Leave out what comes in: `conv(64, 7)`. Where it is meant, name the arguments: `conv(3, kernel = 64, stride = 7)`.",
    ),
    Code(
        "W516",
        "an axis and a position that read the other way round",
        "The axis comes first in `slice`: `slice(1, 5)` takes what follows position 5 of axis 1, and not positions 1 to 4. In `select` the position does: "
        "`select(1, 0)` is position 1 of axis 0, and no batch is counted.",
        "network n {\n  input x[8, 9, 9]\n  slice(1, 5)\n}\n",
        "`slice(start = 1, stop = 5)` takes positions of the channels; `slice(1, start = 5)` is what stands there. `select(0, length)` is the first token, by its axis's name.",
    ),
    Code(
        "W517",
        "two names over pairs",
        "`for i, x in list` gives `i` the number of the round and `x` the item. Over a list of pairs they are not the two of a pair.",
        "network n {\n  input x[3, 9, 9]\n  for c, k in [[1, 3], [3, 5]] { scale(c) -> conv(8, k) }\n}\n",
        "Take the item apart: `for row in list { let c = row[0] … }`.",
    ),
    Code(
        "W518",
        "an axis 1 that may count the batch",
        "The batch is not counted, so that axis 0 of an image are the channels, and axis 1 is its height. Where images of one shape are "
        "joined along axis 1, or a mean, a softmax or parts go along it, both readings fit, and who counts the batch means channels; of a "
        "sequence, [length, channels], its length. `reshape([-1, 8])` makes an axis of what is left, and no batch; `x.shape[1]` of an image is its height.",
        "network n {\n  input x[64, 32, 32]\n  concat(axis = 1) { | skip | conv(64) }\n}\n",
        "`concat` alone joins channels. Where the height is meant, `concat(axis = height)`: a word says it everywhere, as `x.channels` does for a size.",
    ),
    Code(
        "W519",
        "a factor that falls just short of a size",
        "`120.0 / 88` of 88 rows is 119.99999999999999 in floating point, and a factor is rounded down: 119 rows come out, in PyTorch too.",
        "network n {\n  input x[3, 88, 88]\n  upsample(scale = 120.0 / 88)\n}\n",
        "Write the size, `upsample(size = 120)`, or `upsample(like = label)` for the size of a step.",
    ),
    Code(
        "W520",
        "a name that another system's files cannot have",
        "Outputs are called as their network. On macOS and Windows names that differ in capitals alone are one file, so that the outputs of "
        "two such networks replace each other; and Windows keeps some names for devices (`con`, `nul`, `com1`, …), with any ending.",
        "network nul {\n  input x[3, 8, 8]\n  conv(8)\n}\n",
        "Give the network another name. Where nobody builds it on such a system, `# allow W520`.",
    ),
    Code(
        "W521",
        "a budget of time that is not checked",
        "How long a network takes hangs on the machine. `budget time <= 5ms` is checked where `archc calibrate` measured the machine at hand, and "
        "elsewhere passed over.",
        "network n {\n  input x[3, 32, 32]\n  budget time <= 5ms\n  conv(8, 3)\n}\n",
        "Call `archc calibrate` once, or silence this with `# allow W521`.",
    ),
    Code(
        "W522",
        "a step used again that does not read what comes in",
        "`reuse(c)` reads the text of `c` as it was the first time, and what that takes by name is the same again: the paths of a labelled merge "
        "belong to it. Where they begin with labels, what comes in is not read, or not all of it, and the same is worked out once more.",
        "block both takes a, b gives a, b { skip }\n\nblock compare takes a, b { sub { | skip(a) -> linear(8) | skip(b) } }\n\n"
        "network n {\n  input x[8]\n  input y[8]\n  c: compare { | skip(x) | skip(y) }\n"
        "  both { | skip | skip(y) } -> reuse(c)\n}\n",
        "Let what is to change come in, the first time too. Several tensors come in together from a block that gives them: here "
        "`both { | skip(x) | skip(y) } -> c: compare`, and then `both { | skip | skip(y) } -> reuse(c)`.",
    ),
    Code(
        "W523",
        "a name of an axis that stands for a number",
        "A parameter, a `let` or the variable of a loop that is called as an axis is (`channels`, `depth`, `height`, `width`, `length`) hides that name: "
        "`softmax(length)` where `length` is 1 goes along axis 1, whichever that is.",
        "network n(length = 1) {\n  input x[length = 5, channels = 8]\n  softmax(length)\n}\n",
        "Call the parameter something else (`tokens`, `size`). Where an axis's number is meant, call it so: `axis`.",
    ),
    Code(
        "W524",
        "a merge of one path",
        "A merge joins what its paths give, each of which begins with `|`. One that is written with a single path joins nothing, and a `skip` without its "
        "`|` goes on with the path above it.",
        "network n {\n  input x[8, 8, 8]\n  add { | conv(8) -> relu }\n}\n",
        "Write the other path, `add { | conv(8) -> relu | skip }`; where one is meant, the steps alone.",
    ),
    Code(
        "W525",
        "a text compared with an operation",
        '`relu` is the operation and `"relu"` a text, and no text equals an operation, so that the condition is decided whatever the parameter says. '
        "Told where the text is the name of an operation.",
        'network n(act = "gelu") {\n  input x[3, 8, 8]\n  if act == relu { relu } else { gelu }\n}\n',
        'Compare a text with a text, `act == "relu"`; or let the parameter be the operation, `n(act = gelu)`, and write it as a step: `act`.',
    ),
    Code(
        "W526",
        "a step that goes on from a learned tensor",
        "A `parameter` or a `constant` on a line of its own is the tensor at hand from there, also where it is the first line of a body: the step below "
        "it reads it, and not the input. Told where what that step makes hangs on no input.",
        "network n {\n  input x[3, 32, 32]\n  g: parameter([3, 32, 32])\n  conv(3)\n  add { | skip | skip(x) }\n}\n",
        "Go on from the input: `skip(x) -> conv(3)`. Where the step is to work on the learned tensor, write both in one line: "
        "`g: parameter([3, 32, 32]) -> conv(3)`.",
    ),
    Code(
        "W527",
        "a value that is the same in every round",
        "A body has its own values: `let width = width * 2` in a loop reads the `width` outside, which no round changes, so that the value grows once "
        "and is the same in all rounds.",
        "network n(width = 8) {\n  input x[3, 32, 32]\n  repeat 3 {\n    let width = width * 2\n    conv(width, 3)\n  }\n}\n",
        "Work it out from the number of the round: `repeat 3 as i { let width = width * 2 ** (i + 1) … }`. Where it is the same, give it once, before the loop, "
        "by a name of its own.",
    ),
    Code(
        "W528",
        "a number that counts something else elsewhere",
        "In Keras the momentum of a batch norm is what is kept of the running statistics, here and in PyTorch what enters them. The number of `dropout` is the share "
        "that goes, once it was the one that stays. A number alone in `upsample` is a factor, and no size. Told of numbers that the text writes out, "
        "where they make little sense as what they are.",
        "network n {\n  input x[3, 32, 32]\n  conv(8, bias = false) -> bn(momentum = 0.99)\n}\n",
        "`bn(momentum = 0.01)`; `dropout(0.1)`; `upsample(size = 64)`. Where it is meant, `# allow W528`.",
    ),
    Code(
        "W529",
        "one step used again, of a line",
        "A label names the one step behind it. `tower: conv(8) -> relu -> conv(8)` labels the first convolution, and `reuse(tower)` runs that one alone. "
        "Told where nothing follows the `reuse` that could be the rest of the line, on its line or below.",
        "network n {\n  input a[3, 8, 8]\n  input b[3, 8, 8]\n  tower: conv(3) -> bn -> relu\n  fa: skip\n  skip(b) -> reuse(tower)\n  add { | skip(fa) | skip }\n}\n",
        "A group is one step: `tower: { conv(3) -> bn -> relu }`. Where the one step is meant, `# allow W529`.",
    ),
    Code(
        "W530",
        "an output that is made of another",
        "A line goes on from the one above it, so that of `mu: linear(16)` and `logvar: linear(16)` below it the second works on what the first gives. "
        "Told of two outputs whose steps have weights and are alike, also where their widths are not and the first gives few numbers: a box is not made of the classes.",
        "network n {\n  input x[8, 16, 16]\n  global_avgpool -> flatten\n  mu: linear(16)\n  logvar: linear(16)\n  output mu, logvar\n}\n",
        "Give what both work on a label, and begin with it: `features: skip`, `mu: linear(16)`, `skip(features) -> logvar: linear(16)`. Where one is meant to be made "
        "of the other, `# allow W530`.",
    ),
    Code(
        "W531",
        "channels that a reshape does not move",
        "`reshape` gives the same numbers, in their order, in axes of other sizes. Of a map `[64, 32, 32]`, whose channels come first, `reshape([1024, 64])` has rows that hold "
        "pieces of one channel, and no row is what the channels say of a position. Told where the sizes are those of the axes in another order.",
        "network n {\n  input x[3, 32, 32]\n  conv(64) -> reshape([1024, 64]) -> linear(10)\n}\n",
        "`tokens` takes the channels behind the positions, `image(32)` back before them, `permute` any axis to any place. Where the mixing is meant, `# allow W531`.",
    ),
    Code(
        "W532",
        "queries, keys and values that are projected twice",
        "`attention` has weights of its own for queries, keys, values and the answer, as `nn.MultiheadAttention` has; a `linear` before each of them is a second product of "
        "the same tensor, which learns nothing that one does not. Told where all three are made so.",
        "network n {\n  input x[length = 10, channels = 64]\n  attention(4) { | linear(64) | linear(64) | linear(64) }\n}\n",
        "Give `attention(4)` what the projections are made of. Who writes them out takes the core, `sdpa`, whose tensors have their heads in front: "
        '`linear(64) -> rearrange("l (h d) -> h l d", h = 4)` for each. Where both are meant, `# allow W532`.',
    ),
    Code(
        "W533",
        "a body with nothing in it",
        "`stage body { }`, `repeat 3 { }` and a block without a statement are legal and do nothing: the tensor goes on as it came, and no layer is made. "
        "Of an `if` one body may be empty beside another.",
        "network n {\n  input x[3, 32, 32]\n  stage stem { conv(8) -> relu }\n  stage body { }\n}\n",
        "Write its steps. A part that is to do nothing says `skip`: `block nothing { skip }`; as a value, `act = identity`.",
    ),
    Code(
        "W534",
        "a block with the name of an operation",
        "A name means a block before an operation, so that behind `block relu { gelu }` every `relu` of the file is a GELU, and a reader who knows `relu` is "
        "misled. `skip`, `reuse` and `split` mean the same in every text: a block of that name cannot be called.",
        "block relu { gelu }\n\nnetwork n {\n  input x[3, 32, 32]\n  conv(8) -> relu\n}\n",
        "Give the block a name of its own. Where the operation is to be replaced in a whole file, `# allow W534`.",
    ),
    Code(
        "W535",
        "rounds of a path that add up to one layer",
        "`| repeat 3: conv(64)` is three paths, each of which begins with what enters the merge; `| repeat 3 { conv(64) }` is one path of three layers. "
        "A sum of convolutions of one tensor is a convolution again, so that the first is hardly meant in `add` or `mean` where the path is one operation.",
        "network n {\n  input x[8, 32, 32]\n  add {\n    | repeat 3: conv(8)\n    | skip\n  }\n}\n",
        "Write the body of a loop: `| repeat 3 { conv(8) }`. Where paths side by side are meant, `# allow W535`.",
    ),
)
