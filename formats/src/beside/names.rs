//! What a file holds, told by its name.

/// Whether a program may load a file with this name as weights: by its ending, or by one before endings that
/// only say how a file is kept, such as `x.pth.tar`, `x.safetensors.bak` and `x.onnx.data`.
pub fn is_weight_name(name: &str) -> bool {
    // Some systems leave these out at the end of a name.
    let name = name.trim_end_matches(['.', ' ']).to_lowercase();
    let mut endings = name.split('.').skip(1).collect::<Vec<_>>();
    while let Some(last) = endings.pop() {
        if is_weight_ending(last) || LOADED.contains(&last) || is_shard(last) {
            return true;
        }
        if COMPRESSED.contains(&last) {
            // Tables and texts are often kept so.
            return !endings.last().is_some_and(|inner| TABLES.contains(inner));
        }
        if !is_keeping(last) {
            return false;
        }
    }
    false
}

/// Whether files with this ending, in lower case, hold weights.
pub fn is_weight_ending(ending: &str) -> bool {
    WEIGHTS.contains(&ending)
}

/// `data-00000-of-00001`, as TensorFlow calls the pieces of a checkpoint.
fn is_shard(ending: &str) -> bool {
    ending.strip_prefix("data-").is_some_and(|rest| rest.contains("-of-"))
}

/// Endings that say how a file is kept and not what it is.
fn is_keeping(ending: &str) -> bool {
    KEPT.contains(&ending) || (!ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Endings of files that hold weights, whichever program reads them.
const WEIGHTS: [&str; 17] = [
    "bin",
    "ckpt",
    "engine",
    "ggml",
    "gguf",
    "h5",
    "hdf5",
    "keras",
    "mlmodel",
    "msgpack",
    "npz",
    "onnx",
    "pdparams",
    "pt",
    "pth",
    "safetensors",
    "tflite",
];

/// Endings of what is loaded as a model, or may hold anything, weights too.
const LOADED: [&str; 40] = [
    "7z",
    "blob",
    "caffemodel",
    "dlc",
    "ftz",
    "hef",
    "joblib",
    "llamafile",
    "mar",
    "mnn",
    "nemo",
    "npy",
    "om",
    "onnx_data",
    "ort",
    "ot",
    "params",
    "pb",
    "pdiparams",
    "pdmodel",
    "pdopt",
    "pickle",
    "pkl",
    "plan",
    "pt2",
    "pte",
    "ptl",
    "rar",
    "rknn",
    "sft",
    "t7",
    "tar",
    "tfl",
    "tgz",
    "tmfile",
    "torchscript",
    "trt",
    "uff",
    "weights",
    "zip",
];

const COMPRESSED: [&str; 7] = ["br", "bz2", "gz", "lz4", "xz", "z", "zst"];

/// What is often kept compressed and holds no weights.
const TABLES: [&str; 12] =
    ["arrow", "csv", "html", "json", "jsonl", "log", "md", "svg", "tsv", "txt", "xml", "yaml"];

/// Endings of copies, pieces and leftovers.
const KEPT: [&str; 19] = [
    "bak",
    "backup",
    "copy",
    "data",
    "enc",
    "gpg",
    "incomplete",
    "new",
    "old",
    "orig",
    "part",
    "partial",
    "prev",
    "save",
    "swp",
    "temp",
    "tmp",
    "bkp",
    "original",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_known_by_their_names_however_they_are_kept() {
        for name in [
            "saved_model.pb",
            "m.ort",
            "m.pte",
            "m.pt2",
            "m.ptl",
            "m.joblib",
            "m.pth.tar",
            "model.onnx_data",
            "model.onnx.data",
            "model.safetensors.bak",
            "model.safetensors.1",
            "ckpt.data-00000-of-00001",
            "m.zip",
            "m.tar.gz",
            "m.7z",
            "m.mnn",
            "m.rknn",
            "m.dlc",
            "m.nemo",
            "m.mar",
            "m.t7",
            "m.params",
            "m.pdmodel",
            "m.pdiparams",
            "m.trt",
            "m.plan",
            "m.sft",
            "m.llamafile",
            "x.ONNX. .",
            "m.bin.old",
            "m.npy",
            "m.pickle.gz",
        ] {
            assert!(is_weight_name(name), "{name}");
        }
        for name in [
            "README.md",
            "train.csv.gz",
            "onnx",
            "x.onnx.txt",
            "export_onnx.py",
            "pytorch_model.bin.index.json",
            "v1.2",
            "paper.pdf",
            "logo.png",
            ".gitignore",
        ] {
            assert!(!is_weight_name(name), "{name}");
        }
    }
}
