//! Weights of formats that are not read: what they are, and how to come from there to one that is.

use std::collections::HashSet;

use super::has_extension;
use crate::{Problem, RelPath};

/// A format by the endings of its files.
struct Foreign {
    endings: &'static [&'static str],
    format: &'static str,
    way: &'static str,
}

const EXPORT: &str =
    "export the model to ONNX where it was trained, or use the safetensors that this was made from";

/// Those that people come with most, in the order in which a folder with several is told what to do.
const FOREIGN: [Foreign; 8] = [
    Foreign {
        endings: &["h5", "hdf5", "keras"],
        format: "a Keras model",
        way: "convert it to ONNX: load it in Keras, save it with `model.export(...)` and give that to \
              `python -m tf2onnx.convert --saved-model`",
    },
    Foreign {
        endings: &["pb"],
        format: "a TensorFlow SavedModel or graph",
        way: "convert it to ONNX: `python -m tf2onnx.convert --saved-model FOLDER --output model.onnx`",
    },
    Foreign {
        endings: &["tflite"],
        format: "a TensorFlow Lite model",
        way: "convert it to ONNX: `python -m tf2onnx.convert --tflite FILE --output model.onnx`",
    },
    Foreign {
        endings: &["msgpack"],
        format: "a Flax checkpoint",
        way: "load it in transformers with `from_flax=True` and save it as safetensors",
    },
    Foreign { endings: &["mlmodel", "mlpackage"], format: "a Core ML model", way: EXPORT },
    Foreign {
        endings: &["pdmodel", "pdiparams", "pdparams"],
        format: "a PaddlePaddle model",
        way: "convert it to ONNX with paddle2onnx",
    },
    Foreign {
        endings: &["ort"],
        format: "a model in the own format of onnxruntime",
        way: "use the `.onnx` file that it was made from",
    },
    Foreign { endings: &["engine", "plan", "pt2", "pte", "trt"], format: "a compiled model", way: EXPORT },
];

const OPENVINO: &str = "an OpenVINO model";
const PICKLES: [&str; 7] = ["bin", "ckpt", "joblib", "pickle", "pkl", "pt", "pth"];
/// What training leaves beside the weights, which is no model.
const NO_WEIGHTS: [&str; 5] =
    ["optimizer.pt", "rng_state.pth", "scaler.pt", "scheduler.pt", "training_args.bin"];

/// Why a folder without weights that can be read is not a model.
pub(super) fn problem_of(files: &[(RelPath, u64)]) -> Problem {
    let names = || files.iter().map(|(file, _)| file);
    let described: HashSet<&str> = names().filter_map(|file| file.as_str().strip_suffix(".xml")).collect();
    let is = |problem: &Problem| match problem {
        Problem::OnlyGguf => 0,
        Problem::OnlyPickle { .. } => 1,
        Problem::OtherFormat { format, .. } => {
            2 + FOREIGN.iter().position(|foreign| foreign.format == *format).unwrap_or(0)
        }
        _ => usize::MAX,
    };
    let problems = names().filter_map(|file| problem(file, described.contains(stem(file))));
    problems.min_by_key(is).unwrap_or(Problem::NoModel)
}

/// What is wrong with a file that is neither safetensors nor ONNX, if it holds weights; `described` is whether an
/// `.xml` of the same name lies beside it.
pub(super) fn problem(file: &RelPath, described: bool) -> Option<Problem> {
    let name = || file.to_string();
    let ends = |endings: &[&str]| endings.iter().any(|ending| has_extension(file, ending));
    if ends(&["gguf"]) {
        return Some(Problem::OnlyGguf);
    }
    if described && ends(&["bin", "xml"]) {
        return Some(Problem::OtherFormat { name: name(), format: OPENVINO, way: EXPORT });
    }
    if ends(&PICKLES) && !NO_WEIGHTS.contains(&file.file_name()) {
        return Some(Problem::OnlyPickle { name: name() });
    }
    let foreign = FOREIGN.iter().find(|foreign| ends(foreign.endings))?;
    Some(Problem::OtherFormat { name: name(), format: foreign.format, way: foreign.way })
}

/// A path without its ending.
pub(super) fn stem(file: &RelPath) -> &str {
    let path = file.as_str();
    let folder = path.len() - file.file_name().len();
    match path.rfind('.') {
        Some(dot) if dot > folder => &path[..dot],
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(files: &[&str]) -> String {
        let files: Vec<(RelPath, u64)> =
            files.iter().map(|file| (RelPath::try_from(*file).unwrap(), 1)).collect();
        problem_of(&files).to_string()
    }

    #[test]
    fn each_format_is_called_what_it_is() {
        for (files, what) in [
            (&["config.json", "pytorch_model.bin", "tf_model.h5"][..], "pickled (`pytorch_model.bin`)"),
            (&["openvino_model.bin", "openvino_model.xml"], "`openvino_model.bin` is an OpenVINO model"),
            (&["a/b.bin", "b.xml"], "pickled (`a/b.bin`)"),
            (&["training_args.bin", "tf_model.h5"], "`tf_model.h5` is a Keras model"),
            (&["saved_model.pb", "variables/variables.index"], "`saved_model.pb` is a TensorFlow SavedModel"),
            (&["x.keras"], "a Keras model"),
            (&["x.tflite"], "a TensorFlow Lite model"),
            (&["flax_model.msgpack", "config.json"], "a Flax checkpoint"),
            (&["m.gguf", "x.h5"], "GGUF"),
            (&["README.md", "optimizer.pt"], "there is no model here"),
            (&[], "there is no model here"),
        ] {
            assert!(said(files).contains(what), "{files:?}: {}", said(files));
        }
    }
}
