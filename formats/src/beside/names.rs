//! What a file holds, told by its name.

/// What a name says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Called {
    /// An archive, of anything.
    Archive,
    /// Pictures, sound, documents, tables, programs: binary, and no weights.
    Media,
    /// A model or a vocabulary, for both are called so.
    Model,
    /// Something compressed, and not what.
    Packed,
    /// Weights, or something else that is called so as well and looks otherwise.
    Perhaps,
    /// Text.
    Text,
    /// Nothing that is known.
    Unknown,
    /// Weights, or what is loaded as such.
    Weights,
}

/// Whether a program may load a file with this name as weights: by its ending, or by one before endings that
/// only say how a file is kept, such as `x.pth.tar`, `x.safetensors.bak` and `x.onnx.data`.
pub fn is_weight_name(name: &str) -> bool {
    matches!(called(name), Called::Archive | Called::Packed | Called::Perhaps | Called::Weights)
}

/// Whether nothing but weights is called so.
pub fn is_surely_weights(name: &str) -> bool {
    called(name) == Called::Weights
}

/// Whether files with this ending, in lower case, hold weights.
pub fn is_weight_ending(ending: &str) -> bool {
    matches!(of_ending(ending), Some(Called::Weights)) || ending == "pt"
}

/// What a name says, by its last ending that tells.
pub(super) fn called(name: &str) -> Called {
    // Some systems leave these out at the end of a name, and editors and browsers add others.
    let name = name.trim_end_matches(|letter: char| !letter.is_alphanumeric()).to_lowercase();
    if VOCABULARIES.contains(&name.as_str()) {
        return Called::Unknown;
    }
    // Logs of TensorBoard end with a time and the name of a machine.
    if name.contains(".tfevents.") {
        return Called::Media;
    }
    let mut packed = false;
    for ending in name.split('.').skip(1).collect::<Vec<_>>().into_iter().rev() {
        let known = of_ending(ending).or_else(|| of_ending(beginning_of(ending)));
        match known {
            Some(Called::Media | Called::Text) if packed => return Called::Media,
            Some(Called::Perhaps) if packed => return Called::Packed,
            Some(known) => return known,
            None if COMPRESSED.contains(&ending) => packed = true,
            None if is_keeping(ending) => {}
            None => break,
        }
    }
    if packed { Called::Packed } else { Called::Unknown }
}

fn of_ending(ending: &str) -> Option<Called> {
    let lists = [
        (Called::Weights, &WEIGHTS[..]),
        (Called::Archive, &ARCHIVES),
        (Called::Media, &MEDIA),
        (Called::Perhaps, &PERHAPS),
        (Called::Text, &TEXT),
    ];
    match ending {
        "model" => Some(Called::Model),
        _ if is_shard(ending) || is_quantised(ending) => Some(Called::Weights),
        _ => lists.into_iter().find_map(|(called, list)| list.contains(&ending).then_some(called)),
    }
}

/// An ending as far as it is one word: `onnx` of `onnx (1)`.
fn beginning_of(ending: &str) -> &str {
    ending.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default()
}

/// `data-00000-of-00001`, as TensorFlow calls the pieces of a checkpoint.
fn is_shard(ending: &str) -> bool {
    ending.strip_prefix("data-").is_some_and(|rest| rest.contains("-of-"))
}

/// `q4_0`, `iq4_xs`: how GGML names its kinds of numbers.
fn is_quantised(ending: &str) -> bool {
    let rest = ending.strip_prefix('i').unwrap_or(ending).strip_prefix('q');
    rest.is_some_and(|rest| matches!(rest.as_bytes(), [b'1'..=b'8', b'_', ..]))
}

/// Endings that say how a file is kept and not what it is: `bak`, `part-00001`, `part1of2`, `2`.
fn is_keeping(ending: &str) -> bool {
    let is_number = |rest: &str| {
        rest.replace("of", "").bytes().all(|byte| byte.is_ascii_digit() || byte == b'-' || byte == b'_')
    };
    let is_kept = KEPT.iter().any(|kept| ending.strip_prefix(kept).is_some_and(is_number));
    is_kept || (!ending.is_empty() && is_number(ending))
}

/// Endings of files that hold weights, whichever program reads them, or of what is loaded as a model.
const WEIGHTS: [&str; 103] = [
    "awq",
    "axmodel",
    "b2nd",
    "barracuda",
    "bin",
    "bmodel",
    "caffemodel",
    "cbm",
    "ckpt",
    "cloudpickle",
    "cvimodel",
    "dduf",
    "dill",
    "dlc",
    "engine",
    "eqx",
    "espdl",
    "exl2",
    "flax",
    "ftz",
    "ggjt",
    "ggmf",
    "ggml",
    "gguf",
    "gptq",
    "h5",
    "hailo",
    "hdf",
    "hdf5",
    "he5",
    "hef",
    "hkl",
    "jld2",
    "joblib",
    "keras",
    "kmodel",
    "lgb",
    "lgbm",
    "llamafile",
    "lora",
    "mar",
    "mlmodel",
    "mlmodelc",
    "mlpackage",
    "mnn",
    "mpk",
    "msgpack",
    "nc",
    "nemo",
    "nnef",
    "npk",
    "npy",
    "npz",
    "om",
    "onnx",
    "onnx_data",
    "orbax",
    "ort",
    "ot",
    "paddle",
    "pb",
    "pckl",
    "pdiparams",
    "pdmodel",
    "pdopt",
    "pdparams",
    "pdz",
    "pickle",
    "pkl",
    "pmml",
    "pt2",
    "ptc",
    "pte",
    "pth",
    "pth2",
    "ptl",
    "pyt",
    "rbm",
    "rknn",
    "rten",
    "safetensors",
    "sav",
    "sentis",
    "sft",
    "skops",
    "t7",
    "tensors",
    "tfl",
    "tflite",
    "tmf",
    "tmfile",
    "tnsr",
    "torch",
    "torchscript",
    "trt",
    "ubj",
    "uff",
    "vmfb",
    "wgt",
    "wts",
    "xgb",
    "xmodel",
    "zt",
];

/// Endings that mean something else as well: what is text is no such file.
const PERHAPS: [&str; 6] = ["blob", "jit", "params", "plan", "pt", "weights"];

const ARCHIVES: [&str; 11] = ["7z", "rar", "tar", "taz", "tbz", "tbz2", "tgz", "tlz", "txz", "tzst", "zip"];

const COMPRESSED: [&str; 13] =
    ["br", "bz", "bz2", "gz", "lz", "lz4", "lzma", "lzo", "sz", "xz", "z", "zst", "zstd"];

/// Endings of text.
const TEXT: [&str; 89] = [
    "adoc",
    "bash",
    "bat",
    "bib",
    "c",
    "cc",
    "cff",
    "cfg",
    "cjs",
    "clj",
    "cmake",
    "conf",
    "cpp",
    "cs",
    "csproj",
    "css",
    "csv",
    "dart",
    "dot",
    "editorconfig",
    "env",
    "ex",
    "exs",
    "f90",
    "gitattributes",
    "gitignore",
    "go",
    "gradle",
    "graphql",
    "h",
    "hpp",
    "hs",
    "htm",
    "html",
    "ini",
    "ipynb",
    "java",
    "jinja",
    "jl",
    "js",
    "json",
    "json5",
    "jsonl",
    "jsx",
    "kt",
    "less",
    "lock",
    "log",
    "lua",
    "m",
    "map",
    "md",
    "mjs",
    "mod",
    "ndjson",
    "pem",
    "php",
    "pl",
    "po",
    "proto",
    "prototxt",
    "ps1",
    "py",
    "pyi",
    "r",
    "rb",
    "rs",
    "rst",
    "scala",
    "scss",
    "sh",
    "sln",
    "sql",
    "sum",
    "svg",
    "swift",
    "tex",
    "tf",
    "tmpl",
    "toml",
    "tpl",
    "tsv",
    "tsx",
    "txt",
    "vb",
    "vue",
    "xml",
    "yaml",
    "yml",
];

/// Endings of what is large and binary, and holds no weights.
const MEDIA: [&str; 195] = [
    "3ds", "a", "aac", "aar", "age", "ai", "aif", "aiff", "ape", "apk", "arrow", "asf", "aup", "avi", "avif",
    "avro", "bag", "blend", "bmp", "class", "cr2", "crate", "crx", "dae", "db", "dcm", "deb", "der", "dicom",
    "djvu", "dll", "dmg", "dmp", "dng", "doc", "docx", "drawio", "dvi", "dwg", "dylib", "e57", "ear", "emf",
    "eot", "eps", "epub", "evtx", "exe", "exr", "faiss", "fasta", "fastq", "fbx", "feather", "fig", "fit",
    "fits", "flac", "flv", "gem", "gif", "glb", "gltf", "hdr", "heic", "heif", "icns", "ico", "idx", "img",
    "iso", "jar", "jp2", "jpeg", "jpg", "jxl", "kdb", "key", "ktx", "las", "laz", "lib", "lmdb", "m2ts",
    "m3u", "m4a", "m4v", "mcap", "mdb", "mid", "midi", "mka", "mkv", "mo", "mov", "mp2", "mp3", "mp4",
    "mpeg", "mpg", "msi", "mts", "nef", "nii", "node", "nrrd", "nsys-rep", "numbers", "nupkg", "o", "obj",
    "odp", "ods", "odt", "oga", "ogg", "ogv", "opus", "orc", "otf", "p12", "pack", "pages", "parquet", "pbf",
    "pbm", "pcap", "pcapng", "pcd", "pcm", "pdb", "pdf", "pgm", "phar", "ply", "png", "ppm", "ppt", "pptx",
    "ps", "psb", "psd", "pyc", "pyd", "rda", "rdata", "rds", "rlib", "rom", "root", "rosbag", "rpm", "rtf",
    "shp", "sketch", "so", "spk", "spm", "spv", "sqlite", "sqlite3", "stl", "swf", "tfevents", "tfrecord",
    "tga", "tif", "tiff", "tiktoken", "ts", "ttc", "ttf", "unity3d", "usd", "usdz", "vmdk", "vsdx", "vsix",
    "vtk", "vtu", "wandb", "war", "wasm", "wav", "webm", "webp", "whl", "wma", "wmv", "woff", "woff2", "xcf",
    "xls", "xlsx", "xps",
];

/// Vocabularies of tokenizers, in files that are called like models.
const VOCABULARIES: [&str; 6] = [
    "bpe.model",
    "sentencepiece.bpe.model",
    "sentencepiece.model",
    "spiece.model",
    "spm.model",
    "tokenizer.model",
];

/// Endings of copies, pieces and leftovers.
const KEPT: [&str; 20] = [
    "backup",
    "bak",
    "bkp",
    "chunk",
    "copy",
    "data",
    "enc",
    "gpg",
    "incomplete",
    "new",
    "old",
    "orig",
    "original",
    "part",
    "partial",
    "prev",
    "save",
    "swp",
    "temp",
    "tmp",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_known_by_their_names_however_they_are_kept() {
        for name in "saved_model.pb m.ort m.pte m.pt2 m.ptl m.joblib m.pth.tar model.onnx_data model.onnx.data \
             model.safetensors.bak model.safetensors.1 ckpt.data-00000-of-00001 m.zip m.tar.gz m.7z m.mnn m.rknn \
             m.dlc m.nemo m.mar m.t7 m.params m.pdmodel m.pdiparams m.trt m.plan m.sft m.llamafile m.bin.old m.npy \
             m.pickle.gz model.safetensors~ model.onnx# model.safetensors%20 m.part1of2.bin m.bin.part1of2 \
             model.safetensors.part-00001 m.weights.tzst m.cbm m.ubj m.xgb m.sav m.dill m.pckl m.hdf m.nc m.q4_0 \
             m.iq4_xs m.safetensors-bak m.pkl.lzma m.xz m.pt"
            .split_whitespace()
            .chain(["x.ONNX. .", "x.onnx (1)", "x.safetensors\u{200b}"])
        {
            assert!(is_weight_name(name), "{name}");
        }
        for name in "README.md train.csv.gz onnx x.onnx.txt export_onnx.py pytorch_model.bin.index.json v1.2 paper.pdf \
             logo.png .gitignore tokenizer.model x.model README.md.bak libfoo.so.1 notes.pt.md a.jsonl.zst"
            .split_whitespace()
        {
            assert!(!is_weight_name(name), "{name}");
        }
    }

    #[test]
    fn every_ending_is_in_one_list() {
        let lists = [&WEIGHTS[..], &PERHAPS, &ARCHIVES, &COMPRESSED, &TEXT, &MEDIA].concat();
        let once: std::collections::BTreeSet<&str> = lists.iter().copied().collect();
        assert_eq!(once.len(), lists.len());
    }
}
