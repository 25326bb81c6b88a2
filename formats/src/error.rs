//! What can be wrong with a model file or an edit: which file, what, and what to do about it.

use std::{error::Error, fmt, io, path::PathBuf};

use crate::TensorInfo;

/// A model file, or what was asked of it, is not in order.
#[derive(Debug)]
pub struct FormatError {
    /// The file or folder the problem lies in.
    pub path: PathBuf,
    /// What is wrong there.
    pub problem: Problem,
}

impl FormatError {
    pub(crate) fn new(path: impl Into<PathBuf>, problem: impl Into<Problem>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }

    /// What the user can do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        self.problem.hint().map(str::to_owned)
    }
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path.display(), self.problem)
    }
}

impl Error for FormatError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The message already contains the problem's and its source's, so the chain goes on behind those.
        self.problem.source()?.source()
    }
}

/// What is wrong with a file or an edit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The folder holds a LoRA or PEFT adapter.
    #[error("this is an adapter (`adapter_config.json`), not a whole model")]
    Adapter,
    /// A path that does not stay inside its folder, or is not written plainly.
    #[error("the path `{path}` {why}")]
    BadPath {
        /// The path as written.
        path: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A tensor whose data has another length than its shape and type need.
    #[error("tensor `{tensor}` has {found} bytes, its shape needs {needed}")]
    DataLength {
        /// Name of the tensor.
        tensor: String,
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        needed: u64,
    },
    /// The destination of a copy holds something already.
    #[error("the destination is not an empty folder")]
    DestinationNotEmpty,
    /// An edit would change a tensor's element type.
    #[error("tensor `{tensor}` is {found}, an edit must not make it {wanted}")]
    DtypeChange {
        /// Name of the tensor.
        tensor: String,
        /// Its element type.
        found: &'static str,
        /// The element type of the edit.
        wanted: &'static str,
    },
    /// The same name twice.
    #[error("there are two {what} `{name}`")]
    Duplicate {
        /// What is named, in the plural.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// A graph edit that does not fit the graph.
    #[error("cannot edit the graph: {what}")]
    GraphEdit {
        /// What does not fit.
        what: String,
    },
    /// The header of a safetensors file is malformed.
    #[error("malformed safetensors header: {what}")]
    Header {
        /// What is wrong with it.
        what: String,
        /// The parser's error, if a parser found it.
        #[source]
        source: Option<serde_json::Error>,
    },
    /// The shard index is malformed or disagrees with the shards.
    #[error("the index does not fit the shards: {what}")]
    Index {
        /// What does not fit.
        what: String,
    },
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A JSON file is malformed.
    #[error("malformed JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is larger than this kind of file has any reason to be.
    #[error("{found} bytes are more than the {limit} that are read of such a file")]
    Large {
        /// Its size in bytes.
        found: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A pointer of git-lfs in the place of the file.
    #[error("this is a pointer of git-lfs, not the file itself")]
    LfsPointer,
    /// A symbolic link that does not lead to a regular file inside the folder.
    #[error("this link does not lead to a regular file inside the model's folder")]
    Link,
    /// Nothing that could be a model.
    #[error("there is no model here: neither a `*.safetensors` nor an `*.onnx` file")]
    NoModel,
    /// JSON that should be an object is not.
    #[error("this should hold a JSON object")]
    NotAnObject,
    /// Neither a regular file nor a folder.
    #[error("this is not a regular file")]
    NotAFile,
    /// A name of neither known format.
    #[error("this is neither a `.safetensors` nor an `.onnx` file")]
    NotAModelFile,
    /// Only GGUF weights.
    #[error("GGUF files hold quantised weights and no classification head")]
    OnlyGguf,
    /// Only weights of another format.
    #[error("`{name}` is {format}, which is not read")]
    OtherFormat {
        /// One of the files.
        name: String,
        /// What it is.
        format: &'static str,
        /// How to come from there to a format that is read.
        way: &'static str,
    },
    /// Only pickled weights.
    #[error("the weights are pickled (`{name}`), and reading a pickle can run code")]
    OnlyPickle {
        /// One of the files.
        name: String,
    },
    /// The bytes are not a well-formed ONNX file.
    #[error("malformed ONNX at byte {offset}: {what}")]
    Protobuf {
        /// Where, counted from the start of the file.
        offset: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The parser refuses the model's messages.
    #[error("malformed ONNX: {0}")]
    ProtobufParser(#[source] Box<dyn Error + Send + Sync>),
    /// More than one file could be the model.
    #[error("several files could be the model: {}", list(names))]
    SeveralModels {
        /// Their names.
        names: Vec<String>,
    },
    /// A file that belongs to a model already.
    #[error("`{name}` belongs to another file of the model, too")]
    SharedFile {
        /// Its name.
        name: String,
    },
    /// Two tensors have their data at the same place of a file, and an edit would change both.
    #[error("tensors `{tensor}` and `{other}` share their data, so one cannot be edited alone")]
    SharedData {
        /// The edited tensor.
        tensor: String,
        /// The other one.
        other: String,
    },
    /// A tensor's declaration makes no sense.
    #[error("tensor `{tensor}`: {what}")]
    Tensor {
        /// Name of the tensor.
        tensor: String,
        /// What is wrong with it.
        what: String,
    },
    /// The edited ONNX file would be larger than the format allows.
    #[error("the edited file would have {size} bytes, an ONNX file holds less than 2 GiB")]
    TooLarge {
        /// The size it would have.
        size: u64,
    },
    /// The folder holds more files or levels than are looked at.
    #[error("more than {limit} {what} in this folder")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// JSON of more values than this kind of file has any reason to have.
    #[error("it has more than {limit} JSON values, the most that are read of such a file")]
    TooManyValues {
        /// The limit.
        limit: usize,
    },
    /// The model holds no tensor of that name.
    #[error("there is no tensor `{tensor}`")]
    UnknownTensor {
        /// The name asked for.
        tensor: String,
    },
    /// An edit replaces a file that holds weights.
    #[error("`{name}` holds weights and can only be edited tensor by tensor")]
    WeightsFile {
        /// The file.
        name: String,
    },
    /// A new tensor that is not what it says itself.
    #[error("the new tensor for `{tensor}` has {found} bytes, {info} needs {needed}")]
    WrongData {
        /// Name of the tensor.
        tensor: String,
        /// The declared type and shape.
        info: TensorInfo,
        /// Bytes there are.
        found: u64,
        /// Bytes there should be.
        needed: u64,
    },
    /// A page of a web site in the place of the file.
    #[error("this is a web page, not the file itself")]
    WebPage,
}

impl Problem {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Adapter => "merge it into its base model and save that as safetensors",
            Self::DestinationNotEmpty => "name a folder that does not exist yet",
            Self::Io(error) if error.kind() == io::ErrorKind::NotFound => "is the path spelled right?",
            Self::WebPage => {
                "fetch the file itself: on hubs its address has `resolve` where that of the page has `blob`"
            }
            Self::LfsPointer => "fetch the files that such pointers stand for: `git lfs pull`",
            Self::Link => "make a copy with its links followed, such as by `cp -rL`, and use that",
            Self::NoModel | Self::NotAModelFile => {
                "name a folder with safetensors weights, a `.safetensors` file or an `.onnx` file"
            }
            Self::OnlyGguf => "use the safetensors files that the GGUF was made from",
            Self::OtherFormat { way, .. } => way,
            Self::OnlyPickle { .. } => "load the model where you trust it and save it as safetensors",
            Self::Header { .. } | Self::Protobuf { .. } | Self::ProtobufParser(_) => {
                "the file may be cut short or damaged; fetch it again"
            }
            Self::SeveralModels { .. } => "name the file itself instead of the folder",
            Self::SharedData { .. } => "give the reader of the tensor a new initializer instead",
            Self::TooLarge { .. } => "store the weights as external data first",
            _ => return None,
        })
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
