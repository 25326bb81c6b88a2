//! ONNX models: walked, parsed, and edited by splicing.

mod branch;
mod convert;
mod edit;
mod element;
mod elsewhere;
mod encode;
mod expand;
mod expander;
mod external;
mod functions;
mod graph;
mod parts;
mod places;
mod render;
mod scalars;
mod schema;
mod skeleton;
mod storage;
mod tree;
mod values;
mod wire;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

pub use graph::{Attribute, Dim, Graph, GraphEdit, Node, Value};

use crate::{Edits, FormatError, Problem, RelPath, TensorInfo, folder::Folder, part::Part, pieces::Pieces};
use edit::Splice;
use expand::Expanded;
use functions::Functions;
use places::Place;
use storage::{Source, Storage};
use tree::Message;

/// The weights of an ONNX model.
#[derive(Clone, Debug)]
pub(crate) struct Onnx {
    path: RelPath,
    tree: Message,
    graph: Graph,
    /// By node of the graph: its index among those of the file's main graph, if it is one of them.
    origins: Vec<Option<usize>>,
    places: BTreeMap<String, Place>,
    /// Which of them are constants in bodies of functions.
    inner: BTreeSet<String>,
    external: BTreeSet<RelPath>,
}

impl Onnx {
    pub(crate) fn open(folder: &Folder, path: RelPath) -> Result<Self, FormatError> {
        let fail = |problem| FormatError::new(folder.locate(&path), problem);
        let (file, len) = folder.open_fetched(&path)?;
        let source = Source { folder, model: &path, file: &file };
        let tree = tree::walk(&file, len).map_err(fail)?;
        if tree.child(places::GRAPH).is_none() {
            return Err(fail(wire::malformed(0, "a model without a graph")));
        }
        let model = skeleton::parse(&file, &tree).map_err(fail)?;
        let constants = places::attribute_tensors(source, &tree)?;
        let mut graph = convert::graph(&model, &constants).map_err(fail)?;
        let functions = Functions::of(&model);
        functions::mark_calls(&mut graph, &model, &functions);
        let mut places = places::find(source, &tree, &graph)?;
        let initializers =
            model.graph.initializer.iter().filter_map(|tensor| places.get_key_value(&tensor.name));
        graph.initializers = initializers.map(|(name, place)| (name.clone(), place.info.clone())).collect();
        let Expanded { mut graph, origins, places: inner } =
            expand::expand(source, &tree, &model, graph, &functions);
        places.extend(inner.iter().map(|(name, place)| (name.clone(), place.clone())));
        let inner = inner.into_keys().collect();
        graph.elsewhere = elsewhere::elsewhere(&file, &tree, &places);
        let external = external_files(source, &tree).map_err(fail)?;
        for file in &external {
            folder.open_fetched(file)?;
        }
        Ok(Self { path, tree, graph, origins, places, inner, external })
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether a tensor is a constant in the body of a function.
    pub(crate) fn is_in_function(&self, name: &str) -> bool {
        self.inner.contains(name)
    }

    /// Every file of the weights.
    pub(crate) fn files(&self) -> impl Iterator<Item = &RelPath> {
        self.external.iter().chain([&self.path])
    }

    pub(crate) fn tensors(&self) -> BTreeMap<String, TensorInfo> {
        self.places.iter().map(|(name, place)| (name.clone(), place.info.clone())).collect()
    }

    /// The file and the range in it that hold exactly a tensor's elements, if there is such a range.
    pub(crate) fn place(&self, name: &str) -> Option<(&RelPath, Range<u64>)> {
        match &self.places.get(name)?.storage {
            Storage::External { file, range } => Some((file, range.clone())),
            Storage::Plain(range) => Some((&self.path, range.clone())),
            Storage::Typed => None,
        }
    }

    pub(crate) fn read(&self, folder: &Folder, name: &str) -> Result<Vec<u8>, FormatError> {
        let (file, _) = folder.open_file(&self.path)?;
        let source = Source { folder, model: &self.path, file: &file };
        match self.places.get(name) {
            Some(place) => places::read(source, &self.tree, place, name),
            None => Err(source.fail(Problem::UnknownTensor { tensor: name.to_owned() })),
        }
    }

    /// The elements of a tensor of texts, as many as there are in the file.
    pub(crate) fn read_strings(&self, folder: &Folder, name: &str) -> Result<Vec<Vec<u8>>, FormatError> {
        let (file, _) = folder.open_file(&self.path)?;
        let source = Source { folder, model: &self.path, file: &file };
        match self.places.get(name) {
            Some(place) => places::read_strings(source, &self.tree, place),
            None => Err(source.fail(Problem::UnknownTensor { tensor: name.to_owned() })),
        }
    }

    /// The model file itself.
    pub(crate) fn path(&self) -> &RelPath {
        &self.path
    }

    /// Whether a file holds data of tensors and nothing else.
    pub(crate) fn is_external(&self, path: &RelPath) -> bool {
        self.external.contains(path)
    }

    /// Everything in the model besides the values of its tensors.
    pub(crate) fn parts(&self, folder: &Folder) -> Result<Vec<Part>, FormatError> {
        let (file, _) = folder.open_file(&self.path)?;
        parts::parts(Source { folder, model: &self.path, file: &file }, &self.tree, &self.places)
    }

    /// Everything in the model file once some edits are made, the values of tensors too.
    pub(crate) fn whole_parts(&self, folder: &Folder, edits: &Edits) -> Result<Vec<Part>, FormatError> {
        let (file, _) = folder.open_file(&self.path)?;
        let source = Source { folder, model: &self.path, file: &file };
        parts::parts(source, &self.splice(source, edits)?.tree, &BTreeMap::new())
    }

    /// The files that an edit changes, as pieces of what they are now.
    pub(crate) fn edited(
        &self,
        folder: &Folder,
        edits: &Edits,
    ) -> Result<BTreeMap<RelPath, Pieces>, FormatError> {
        if edits.tensors.is_empty() && edits.graph.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (file, _) = folder.open_file(&self.path)?;
        let source = Source { folder, model: &self.path, file: &file };
        let splice = self.splice(source, edits)?;
        let model = render::render(&splice.tree);
        if model.len() > tree::MAX_MODEL {
            return Err(source.fail(Problem::TooLarge { size: model.len() }));
        }
        let mut files = splice.values.external.finish(source, &splice.tree)?;
        files.insert(self.path.clone(), model);
        Ok(files)
    }

    fn splice<'a>(&'a self, source: Source<'a>, edits: &Edits) -> Result<Splice<'a>, FormatError> {
        let mut splice = Splice::new(source, &self.tree, self)?;
        for (name, new) in &edits.tensors {
            if self.graph.repeated.contains(name) {
                let what = format!("`{name}` is a constant of a function that is called more than once");
                return Err(source.fail(Problem::GraphEdit { what }));
            }
            splice.values.set(&mut splice.tree, name, new)?;
        }
        for edit in &edits.graph {
            splice.apply(edit)?;
        }
        Ok(splice)
    }
}

/// Every file that any tensor of the model, in bodies and functions too, names.
fn external_files(source: Source<'_>, tree: &Message) -> Result<BTreeSet<RelPath>, Problem> {
    let mut tensors = Vec::new();
    tree.visit_tensors(&mut Vec::new(), &mut |_, tensor| tensors.push(tensor));
    let mut files = BTreeSet::new();
    for tensor in tensors {
        if storage::is_external(source.file, tensor)? {
            files.insert(storage::external_file(source, tensor)?);
        }
    }
    Ok(files)
}
