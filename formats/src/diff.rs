//! What differs between two models, down to the tensor, and the digests of both, in one pass.

mod deviations;
mod lanes;
mod outline;

use std::collections::{BTreeMap, BTreeSet};

use crate::{Artifact, FormatError, RelPath, Sha256Digest, TensorInfo};
use lanes::Step;

/// Everything that differs between two models. No change of a tensor and none of the structure means that
/// the weights are the same in all that a reader of them can see.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Every file of either model, ordered by path components, whether it differs or not.
    pub files: Vec<FileDiff>,
    /// Tensors that differ, by name.
    pub tensors: Vec<TensorChange>,
    /// Whatever else differs inside the weights.
    pub structure: Vec<StructureChange>,
    /// Number of tensors in the first model.
    pub tensor_count: usize,
    /// Number of elements in all tensors of the first model.
    pub value_count: u64,
}

/// A file's digests; `None` where a model does not have it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileDiff {
    /// Where it is in the models' folders.
    pub path: RelPath,
    /// Its digest in the first model.
    pub before: Option<Sha256Digest>,
    /// Its digest in the second model.
    pub after: Option<Sha256Digest>,
}

/// A tensor that was added, removed, or is not the same any more.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TensorChange {
    /// Its name.
    pub name: String,
    /// Type and shape in the first model.
    pub before: Option<TensorInfo>,
    /// Type and shape in the second model.
    pub after: Option<TensorInfo>,
    /// How many elements differ in their bytes; where type or shape differ, the elements of the larger one.
    /// Of element types narrower than a byte, differing bytes are counted.
    pub values: u64,
}

/// Something besides the values of tensors that differs: safetensors headers, the order of tensors, any
/// message of an ONNX model.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StructureChange {
    /// What kind of part it is, such as `node`, `output`, `metadata entry`.
    pub kind: &'static str,
    /// What it is recognised by in both models: the first output of a node, the key of a metadata entry, ...
    pub name: String,
    /// Where, such as ``node 5 `/classifier/Gemm` ``.
    pub place: String,
    /// What happened to it: `added`, `removed`, `changed`, or in a different order.
    pub what: String,
}

impl Diff {
    /// Compares two models. Each file is read once, in portions, and hashed on the way, both models at the
    /// same time; only tensors whose storage moved are read again. `on_bytes` is told of bytes as they are
    /// read from either model.
    pub fn between(
        before: &Artifact,
        after: &Artifact,
        on_bytes: &(dyn Fn(u64) + Sync),
    ) -> Result<Self, FormatError> {
        let mut comparison = Comparison { before, after, differing: BTreeMap::new(), structure: Vec::new() };
        let mut shared: BTreeMap<&RelPath, Shared<'_>> = BTreeMap::new();
        before.files().iter().for_each(|file| shared.entry(&file.path).or_default().in_before = true);
        after.files().iter().for_each(|file| shared.entry(&file.path).or_default().in_after = true);
        for name in before.tensors().keys().chain(after.tensors().keys()).collect::<BTreeSet<_>>() {
            let files: BTreeSet<_> =
                [before, after].into_iter().filter_map(|it| Some(it.place(name)?.0)).collect();
            files.into_iter().for_each(|file| shared.entry(file).or_default().tensors.push(name));
        }
        let mut files = Vec::new();
        let mut streamed = BTreeSet::new();
        for (path, shared) in &shared {
            files.push(comparison.file(path, shared, &mut streamed, on_bytes)?);
        }
        comparison.moved_tensors(&streamed)?;
        let parts = |artifact: &Artifact| artifact.weights.parts(&artifact.folder);
        comparison.structure.extend(outline::compare(&parts(before)?, &parts(after)?));
        let tensors = comparison.tensors();
        let differs = |name: &str| tensors.binary_search_by(|change| change.name.as_str().cmp(name)).is_ok();
        // Constants of functions, which are there once for each call, are parts of the structure.
        let is_counted = |name: &str| !before.weights.is_in_function(name) || differs(name);
        let counted = before.tensors().iter().filter(|(name, _)| is_counted(name));
        let values: Vec<u64> = counted.map(|(_, info)| info.elements() as u64).collect();
        Ok(Self {
            files,
            tensor_count: values.len(),
            value_count: values.into_iter().fold(0, u64::saturating_add),
            tensors,
            structure: comparison.structure,
        })
    }
}

/// A path: which of the models have a file there, and the tensors that lie in either.
#[derive(Default)]
struct Shared<'a> {
    in_before: bool,
    in_after: bool,
    tensors: Vec<&'a str>,
}

struct Comparison<'a> {
    before: &'a Artifact,
    after: &'a Artifact,
    /// Number of differing elements of tensors that kept type and shape.
    differing: BTreeMap<&'a str, u64>,
    structure: Vec<StructureChange>,
}

impl<'a> Comparison<'a> {
    /// Digests of one file, and the comparison of what lies in it on both sides. Notes the tensors whose
    /// comparison that settles.
    fn file(
        &mut self,
        path: &RelPath,
        shared: &Shared<'a>,
        streamed: &mut BTreeSet<&'a str>,
        on_bytes: &dyn Fn(u64),
    ) -> Result<FileDiff, FormatError> {
        let open =
            |artifact: &Artifact, exists: bool| exists.then(|| artifact.folder.open_file(path)).transpose();
        let (before, after) = (open(self.before, shared.in_before)?, open(self.after, shared.in_after)?);
        let steps = match (&before, &after) {
            (Some((_, before)), Some((_, after))) => self.steps(path, &shared.tensors, (*before).min(*after)),
            _ => Vec::new(),
        };
        let shown = self.before.folder.locate(path);
        let compared = lanes::compare(before, after, &steps, on_bytes);
        let compared = compared.map_err(|error| FormatError::new(&shown, error))?;
        for (step, differing) in steps.iter().zip(&compared.differing) {
            match step.tensor {
                Some(name) => {
                    streamed.insert(name);
                    *self.differing.entry(name).or_default() += differing;
                }
                None if *differing > 0 => self.structure.push(StructureChange {
                    kind: "bytes outside of tensors",
                    name: path.to_string(),
                    place: format!("file `{path}` at byte {}", step.before.start),
                    what: format!("{differing} bytes outside of every tensor changed"),
                }),
                None => {}
            }
        }
        Ok(FileDiff { path: path.clone(), before: compared.before, after: compared.after })
    }

    /// What to compare while two files are read: tensors that both have there, and in files of external
    /// data whatever belongs to no tensor.
    fn steps(&self, path: &RelPath, tensors: &[&'a str], common_len: u64) -> Vec<Step<'a>> {
        let mut steps: Vec<Step<'a>> = Vec::new();
        let mut covered = Vec::new();
        for name in tensors.iter().copied() {
            let here = |artifact: &'a Artifact| {
                let place = artifact.place(name).filter(|(file, _)| *file == path);
                Some((artifact.tensors().get(name)?, place?.1))
            };
            let (old, new) = (here(self.before), here(self.after));
            covered.extend(old.iter().chain(&new).map(|(_, range)| range.clone()));
            if let (Some((old, before)), Some((new, after))) = (old, new)
                && old == new
            {
                steps.push(Step { tensor: Some(name), width: old.dtype.bits() / 8, before, after });
            }
        }
        if self.before.weights.is_external(path) && self.after.weights.is_external(path) {
            covered.sort_by_key(|range| range.start);
            covered.push(common_len..common_len);
            let mut at = 0;
            for range in covered {
                if range.start > at {
                    let gap = at..range.start.min(common_len);
                    steps.push(Step { tensor: None, width: 1, before: gap.clone(), after: gap });
                }
                at = at.max(range.end);
            }
        }
        steps.sort_by_key(|step| step.before.start);
        steps
    }

    /// Compares tensors of the same type and shape that were not settled while reading the files, since
    /// they are in another file or another kind of storage now.
    fn moved_tensors(&mut self, streamed: &BTreeSet<&str>) -> Result<(), FormatError> {
        for (name, info) in self.before.tensors() {
            if self.after.tensors().get(name) != Some(info) || streamed.contains(name.as_str()) {
                continue;
            }
            let (before, after) = (self.before.read_tensor(name)?, self.after.read_tensor(name)?);
            self.differing.insert(name, lanes::differing(&before, &after, info.dtype.bits() / 8));
        }
        Ok(())
    }

    fn tensors(&self) -> Vec<TensorChange> {
        let (before, after) = (self.before.tensors(), self.after.tensors());
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let change = |name: &String| {
            let (before, after) = (before.get(name).cloned(), after.get(name).cloned());
            let elements = |info: &Option<TensorInfo>| info.as_ref().map_or(0, |info| info.elements() as u64);
            let values = if before == after {
                self.differing.get(name.as_str()).copied().unwrap_or(0)
            } else {
                elements(&before).max(elements(&after))
            };
            (before != after || values > 0).then(|| TensorChange {
                name: name.clone(),
                before,
                after,
                values,
            })
        };
        names.into_iter().filter_map(change).collect()
    }
}
