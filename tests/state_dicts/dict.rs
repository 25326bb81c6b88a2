//! Small state dicts, written to a folder of their own.

use std::{collections::BTreeMap, fs};

use declass::{
    cut::Cut,
    error::{Error, LocateError},
    head::Hints,
};
use declass_formats::Artifact;
use serde_json::{Value, json};

/// Tensors by name, and a configuration.
#[derive(Clone, Default)]
pub(crate) struct Dict {
    tensors: BTreeMap<String, (&'static str, Vec<usize>, Vec<u8>)>,
    files: BTreeMap<&'static str, String>,
    seed: u32,
}

/// A folder with a model, which goes when this does.
pub(crate) struct Written {
    pub(crate) artifact: Artifact,
    _folder: tempfile::TempDir,
}

impl Dict {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Numbers between -1 and 1 without a pattern.
    pub(crate) fn noise(&mut self, count: usize) -> Vec<f32> {
        let mut next = || {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.seed >> 8) as f32 / 8_388_608.0 - 1.0
        };
        (0..count).map(|_| next()).collect()
    }

    pub(crate) fn tensor(mut self, name: &str, shape: &[usize]) -> Self {
        let values = self.noise(shape.iter().product());
        self.floats(name, shape, &values)
    }

    pub(crate) fn floats(self, name: &str, shape: &[usize], values: &[f32]) -> Self {
        self.bytes(name, "F32", shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
    }

    pub(crate) fn bytes(mut self, name: &str, dtype: &'static str, shape: &[usize], data: Vec<u8>) -> Self {
        self.tensors.insert(name.to_owned(), (dtype, shape.to_vec(), data));
        self
    }

    /// `name.weight [rows, columns]` and `name.bias [rows]`.
    pub(crate) fn linear(self, name: &str, rows: usize, columns: usize) -> Self {
        self.tensor(&format!("{name}.weight"), &[rows, columns]).tensor(&format!("{name}.bias"), &[rows])
    }

    pub(crate) fn norm(self, name: &str, width: usize) -> Self {
        let part = |part: &str| format!("{name}.{part}");
        let statistics = self.tensor(&part("running_mean"), &[width]).tensor(&part("running_var"), &[width]);
        statistics.tensor(&part("weight"), &[width]).tensor(&part("bias"), &[width])
    }

    pub(crate) fn file(mut self, name: &'static str, content: &Value) -> Self {
        self.files.insert(name, content.to_string());
        self
    }

    pub(crate) fn config(self, config: &Value) -> Self {
        self.file("config.json", config)
    }

    /// A configuration of transformers with so many labels.
    pub(crate) fn hf(self, class: &str, labels: usize) -> Self {
        self.hf_with(class, labels, json!({}))
    }

    pub(crate) fn hf_with(self, class: &str, labels: usize, more: Value) -> Self {
        let names: BTreeMap<String, String> =
            (0..labels).map(|at| (at.to_string(), format!("kind {at}"))).collect();
        let mut config = json!({"architectures": [class], "model_type": "x", "id2label": names});
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.config(&config)
    }

    /// Another name for the file of the weights than `model.safetensors` is that of an adapter.
    fn write(&self, weights: &str) -> Written {
        let folder = tempfile::tempdir().unwrap();
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, (dtype, shape, bytes)) in &self.tensors {
            let range = [data.len(), data.len() + bytes.len()];
            header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": range}));
            data.extend(bytes);
        }
        let mut header = Value::Object(header).to_string().into_bytes();
        header.resize(header.len().next_multiple_of(8), b' ');
        let file = [&(header.len() as u64).to_le_bytes()[..], &header, &data].concat();
        fs::write(folder.path().join(weights), file).unwrap();
        for (name, content) in &self.files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        Written { artifact: Artifact::open(folder.path()).unwrap(), _folder: folder }
    }

    pub(crate) fn model(&self) -> Written {
        self.write("model.safetensors")
    }

    pub(crate) fn adapter(&self) -> Written {
        self.write("adapter_model.safetensors")
    }

    /// What locating finds, with heads by name or none.
    pub(crate) fn locate(&self, heads: &[&str]) -> Result<Cut, Error> {
        Cut::locate(&self.model().artifact, &Hints::naming(heads))
    }

    /// The weight of the head, and what is left untouched.
    #[track_caller]
    pub(crate) fn head(&self, heads: &[&str]) -> (String, Vec<String>) {
        let cut = self.locate(heads).unwrap();
        let untouched = cut.untouched.iter().map(ToString::to_string).collect();
        (cut.head.branches[0].weight.tensor.clone(), untouched)
    }

    #[track_caller]
    pub(crate) fn is_found(&self, weight: &str) {
        assert_eq!(self.head(&[]), (weight.to_owned(), Vec::new()));
    }

    /// The candidates between which locating cannot decide.
    #[track_caller]
    pub(crate) fn candidates(&self) -> Vec<String> {
        match self.locate(&[]) {
            Err(Error::Locate(LocateError::Ambiguous { candidates })) => candidates,
            other => panic!("{other:?} instead of ambiguity"),
        }
    }

    #[track_caller]
    pub(crate) fn is_refused(&self, heads: &[&str], words: &str) {
        let error = self.locate(heads).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint().is_some(), "{error} names no way out");
    }
}
