"""The ways in which a network can be run, each as a function without arguments."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from ...reporting.error import ArchError
from ..emit.fast.backends import backend_for
from ..emit.fast.build import assemble, fast, make_weights, rewritten
from ..emit.fast.tune import tune, tune_images
from ..emit.torchscript import script
from ..runtime.timing import Leg
from .setting import NotHere, Setting, Way
from .training import reference_training, training

if TYPE_CHECKING:
    import numpy
    from torch import Tensor, nn


def _answering(module: Callable[..., object], setting: Setting) -> Leg:
    import torch

    given = setting.given
    if setting.device == "cpu":

        def leg() -> object:
            with torch.inference_mode():
                return module(*given)

        return leg

    def on_card() -> object:
        with torch.inference_mode():
            answer = module(*given)
        torch.cuda.synchronize()
        return answer

    return on_card


def _eager(setting: Setting) -> Leg:
    return _answering(setting.module, setting)


def _torchscript(setting: Setting) -> Leg:
    return _answering(script(setting.module), setting)


def _frozen(setting: Setting) -> Leg:
    """Frozen by PyTorch, images with their channels last: what a careful user does by hand."""
    import torch

    last = torch.channels_last
    frozen = torch.jit.freeze(script(_copy(setting.module).to(memory_format=last)))  # type: ignore[call-overload]
    given = tuple(x.contiguous(memory_format=last) if x.dim() == 4 else x for x in setting.given)
    return _answering(lambda *_: frozen(*given), setting)


def _fused(setting: Setting) -> Leg:
    """PyTorch asks whether layers are to be joined while it gets to know a module, in the first runs; later it does not matter."""
    import torch

    if setting.device != "cpu":
        raise NotHere("oneDNN joins layers on a processor alone")
    made = torch.jit.freeze(script(_copy(setting.module)))
    leg = _answering(made, setting)
    before = torch.jit.onednn_fusion_enabled()  # type: ignore[no-untyped-call]
    torch.jit.enable_onednn_fusion(True)
    try:
        for _ in range(3):
            leg()
    except RuntimeError as error:
        raise NotHere(f"oneDNN could not join its layers: {str(error).strip().splitlines()[-1]}") from error
    finally:
        torch.jit.enable_onednn_fusion(before)
    return leg


def _optimized_for_inference(setting: Setting) -> Leg:
    import torch

    # It works on its input in place, so that it is given a copy.
    made = torch.jit.optimize_for_inference(torch.jit.freeze(script(_copy(setting.module))))
    return _answering(lambda *given: made(*(x.clone() for x in given)), setting)


def _optimized(setting: Setting) -> Leg:
    backend = backend_for(setting.device, setting.dtype)
    return _answering(script(fast(setting.graph, setting.weights, backend, setting.dtype).module.to(setting.device)), setting)


def _tuned(setting: Setting) -> Leg:
    backend = backend_for(setting.device, setting.dtype)
    state = backend.rewritten(setting.graph)
    tensors = make_weights(state, setting.weights, setting.dtype)
    chosen = tune(state, tensors, backend, setting.given, dtype=setting.dtype, watch=setting.watch).backend
    chosen = tune_images(state, tensors, chosen, setting.given, dtype=setting.dtype, watch=setting.watch)
    return _answering(script(assemble(state, tensors, chosen, setting.dtype).module), setting)


def _compiled(setting: Setting) -> Leg:
    import torch

    return _answering(torch.compile(_copy(setting.module)), setting)


def _max_autotune(setting: Setting) -> Leg:
    """Every kernel tried and the fastest taken, which takes minutes to compile."""
    import torch

    return _answering(torch.compile(_copy(setting.module), mode="max-autotune"), setting)


def _aot_inductor(setting: Setting) -> Leg:
    import torch

    path = os.path.join(_folder(setting), "network.pt2")
    with torch.no_grad():
        program = torch.export.export(_copy(setting.module), setting.given)
        torch._inductor.aoti_compile_and_package(program, package_path=path)
    return _answering(torch._inductor.aoti_load_package(path), setting)


def _packaged(setting: Setting) -> Leg:
    """What `archc build --optimize --target aotinductor` makes."""
    import torch

    from ..emit.aotinductor import save

    path = os.path.join(_folder(setting), "network.pt2")
    module = rewritten(setting.graph, setting.weights, setting.dtype).to(setting.device)
    try:
        save(module, setting.graph, path, setting.given[0].shape[0])
    except ArchError as error:
        raise NotHere(error.diagnostics[0].message) from error
    return _answering(torch._inductor.aoti_load_package(path), setting)


def _onnx_runtime(setting: Setting) -> Leg:
    """archc's rewritten graph."""
    from ..emit.onnx import save

    _need("onnxruntime", "onnx", "onnxscript")
    module = rewritten(setting.graph, setting.weights)
    path = os.path.join(_folder(setting), "network.onnx")
    save(module, setting.graph, path)
    return onnx_session(path, setting)


def _reference_onnx_runtime(setting: Setting) -> Leg:
    _need("onnxruntime", "onnx", "onnxscript")
    return onnx_session(_reference_file(setting), setting)


def _reference_file(setting: Setting) -> str:
    """The other library's module by PyTorch's own export, with inputs of float32: its runtimes choose what they compute in."""
    import torch

    from ..emit.torch_export import quiet

    assert setting.reference is not None
    module, given = setting.reference, setting.given
    if setting.dtype != "float32":
        module, given = _copy(module).float(), tuple(x.float() if x.is_floating_point() else x for x in given)
    path = os.path.join(_folder(setting), "reference.onnx")
    with quiet(), torch.no_grad():
        torch.onnx.export(module, given, path, dynamo=True, external_data=False, verbose=False)
    return path


def _tensorrt(setting: Setting) -> Leg:
    from ..emit.onnx import save

    _need("onnxruntime", "onnx", "onnxscript")
    import onnxruntime

    provider = "TensorrtExecutionProvider"
    if setting.device == "cpu" or provider not in onnxruntime.get_available_providers():
        raise NotHere("ONNX Runtime has no TensorRT here")
    path = os.path.join(_folder(setting), "network.onnx")
    save(rewritten(setting.graph, setting.weights), setting.graph, path)
    return onnx_session(path, setting, provider)


def onnx_session(path: str, setting: Setting, provider: str = "") -> Leg:
    import onnxruntime

    # Images on a processor in float32 alone: its kernels know no bfloat16, and turn float16 to and fro at every layer.
    if setting.device == "cpu" and setting.dtype != "float32":
        raise NotHere(f"ONNX Runtime has no {setting.dtype} on a processor")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = setting.threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Within a run its threads wait actively, as they do by default; between runs they would take the other legs' processors.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    provider = provider or ("CPUExecutionProvider" if setting.device == "cpu" else "CUDAExecutionProvider")
    session = onnxruntime.InferenceSession(path, options, providers=[provider])
    given = {row.name: _array(value) for row, value in zip(session.get_inputs(), setting.given, strict=True)}
    return lambda: session.run(None, given)


def _openvino(setting: Setting) -> Leg:
    from ..emit.onnx import save

    _need("openvino", "onnx", "onnxscript")
    path = os.path.join(_folder(setting), "network.onnx")
    save(rewritten(setting.graph, setting.weights), setting.graph, path)
    return _compiled_by_openvino(path, setting)


def _reference_openvino(setting: Setting) -> Leg:
    _need("openvino", "onnx", "onnxscript")
    return _compiled_by_openvino(_reference_file(setting), setting)


def _compiled_by_openvino(path: str, setting: Setting) -> Leg:
    import openvino

    # Unasked it computes in bfloat16 wherever the processor can.
    precision = {"float32": "f32", "bfloat16": "bf16", "float16": "f16"}.get(setting.dtype)
    if precision is None:
        raise NotHere(f"OpenVINO does not compute in {setting.dtype}")
    settings = {"INFERENCE_NUM_THREADS": setting.threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": precision}
    made = openvino.compile_model(path, "CPU", settings)
    computes = made.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    if computes != precision:
        raise NotHere(f"OpenVINO computes in {computes} here, not in {setting.dtype}")
    given = [_array(x) for x in setting.given]
    return lambda: made(given)


def _reference_eager(setting: Setting) -> Leg:
    assert setting.reference is not None
    return _answering(setting.reference, setting)


def _cuda_graph(setting: Setting) -> Leg:
    """The optimised module's kernels for this shape, recorded once and started together from then on."""
    import torch

    if setting.device == "cpu":
        raise NotHere("CUDA graphs need a CUDA device")
    module = fast(setting.graph, setting.weights, backend_for(setting.device, setting.dtype), setting.dtype).module.to(setting.device)
    with torch.inference_mode():
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                module(*setting.given)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            answer: object = module(*setting.given)

    def leg() -> object:
        graph.replay()
        torch.cuda.synchronize()
        return answer

    return leg


WAYS: tuple[Way, ...] = (
    Way("eager", "the plain module", _eager),
    Way("torchscript", "the plain module as TorchScript", _torchscript),
    Way("frozen", "TorchScript, frozen, channels last", _frozen),
    Way("fused", "TorchScript, frozen, layers joined by oneDNN", _fused),
    Way("optimize_for_inference", "PyTorch's own optimisation of a frozen TorchScript module", _optimized_for_inference),
    Way("optimized", "archc's optimised TorchScript", _optimized),
    Way("tuned", "the same, tuned on this machine", _tuned),
    Way("compiled", "torch.compile", _compiled),
    Way("max_autotune", "torch.compile with mode=max-autotune", _max_autotune),
    Way("aot_inductor", "an AOTInductor package", _aot_inductor),
    Way("packaged", "an AOTInductor package of the rewritten graph", _packaged),
    Way("onnxruntime", "archc's rewritten graph in ONNX Runtime", _onnx_runtime),
    Way("cuda_graph", "the optimised module as a CUDA graph", _cuda_graph),
    Way("tensorrt", "archc's rewritten graph in TensorRT, by ONNX Runtime", _tensorrt),
    Way("openvino", "archc's rewritten graph in OpenVINO", _openvino),
    Way("reference", "the other library's module", _reference_eager, True),
    Way("reference_onnxruntime", "the other library's module in ONNX Runtime", _reference_onnx_runtime, True),
    Way("reference_openvino", "the other library's module in OpenVINO", _reference_openvino, True),
    Way("training", "a step of training: channels last, autocast to bfloat16", training, answers=False),
    Way("reference_training", "the same step of the other library's module", reference_training, True, False),
)


def _copy(module: nn.Module) -> nn.Module:
    from copy import deepcopy

    return deepcopy(module)


def _array(tensor: Tensor) -> numpy.ndarray:
    """For a runtime whose file takes float32 (or whole numbers), whatever it computes in."""
    return (tensor.float() if tensor.is_floating_point() else tensor).cpu().numpy()


def _folder(setting: Setting) -> str:
    return setting.room.enter_context(tempfile.TemporaryDirectory(prefix="archc-"))


def _need(*packages: str) -> None:
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise NotHere(f"not installed: {', '.join(missing)}")
