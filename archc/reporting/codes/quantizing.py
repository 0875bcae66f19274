"""Codes of numbers of eight bits (F68x): what `--quantize` and `--calibrate` may have to say."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "F681",
        "samples that cannot be read",
        "`--calibrate` takes a folder of images (PNG, JPEG and what else Pillow reads; of its subfolders too), an `.npz` file of NumPy, or the word "
        "`random`. Images are for a network with one input of three channels; they are cut to its size, and scaled as networks "
        "trained on ImageNet take them.",
        "",
        'Name a folder that has images, or save samples as the network takes them: `numpy.savez("samples.npz", image=array)`.',
    ),
    Code(
        "F682",
        "samples of another shape",
        "An `.npz` file has an array for each input, under its name (of a network with one input, one array under any name): the samples are its first "
        "axis, and the others are the input's. All arrays have as many samples, numbers where the input takes numbers, and whole numbers below the size of the table where it looks them up.",
        "",
        "Save the arrays in the shape that the message names, channels first, or give the network's input the size of the samples (`--input 3x32x32`).",
    ),
    Code(
        "F683",
        "samples or weights that are not finite",
        "A sample, a weight or what a layer makes of them is infinite or no number (`nan`): no scale of eight bits holds it.",
        "",
        "Look at the sample or the weight that the message names, and leave it out or correct it.",
    ),
    Code(
        "F684",
        "a call for eight bits that is not whole",
        "`--quantize int8` needs samples, `--calibrate FOLDER`, `--calibrate FILE.npz` or `--calibrate random`, to see which numbers every layer "
        "makes: the scales of eight bits come from them. `--calibrate` and `--loss` mean nothing without `--quantize`. The TorchScript is for inference on processors and in "
        "float32 where it is not in eight bits. `--loss` is a signal to noise in decibels above 0, like `25dB`.",
        "",
        "Give what the message says is missing, or leave out what does not go together.",
    ),
    Code(
        "F685",
        "nothing left in eight bits",
        "The network has no layer that can work in eight bits (two-dimensional convolutions padded with zeros, and dense layers, can), or the limit "
        "of `--loss` is so high that all of them would stay in floating point.",
        "",
        "Build without `--quantize` (with `--optimize`), or allow a greater loss: `--loss 20dB`.",
    ),
)
