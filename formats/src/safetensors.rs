//! Safetensors weights: one file, or shards and their index.

mod header;
mod index;
mod parts;
mod types;

use std::{collections::BTreeMap, ops::Range};

use header::Header;
use index::Index;

use crate::{
    FormatError, NewTensor, Problem, RelPath, TensorInfo,
    folder::Folder,
    pieces::{Piece, Pieces, read_range},
};

/// The weights of a safetensors model.
#[derive(Clone, Debug)]
pub(crate) struct Safetensors {
    index: Option<Index>,
    shards: BTreeMap<RelPath, Header>,
    /// The shard of each tensor.
    places: BTreeMap<String, RelPath>,
}

impl Safetensors {
    /// Opens weights that are one file.
    pub(crate) fn open_file(folder: &Folder, path: RelPath) -> Result<Self, FormatError> {
        Self::gather(None, BTreeMap::from([(path.clone(), read_header(folder, &path)?)]))
            .map_err(|problem| FormatError::new(folder.locate(&path), problem))
    }

    /// Opens the shards that an index names.
    pub(crate) fn open_index(folder: &Folder, path: RelPath) -> Result<Self, FormatError> {
        let fail = |problem| FormatError::new(folder.locate(&path), problem);
        folder.open_fetched(&path)?;
        let index = Index::parse(path.clone(), &folder.read(&path, MAX_INDEX)?).map_err(fail)?;
        let mut shards = BTreeMap::new();
        for shard in index.files() {
            shards.insert(shard.clone(), read_header(folder, shard)?);
        }
        Self::gather(Some(index), shards).map_err(fail)
    }

    fn gather(index: Option<Index>, shards: BTreeMap<RelPath, Header>) -> Result<Self, Problem> {
        let mut places = BTreeMap::new();
        for (path, header) in &shards {
            for name in header.tensors.keys() {
                if places.insert(name.clone(), path.clone()).is_some() {
                    return Err(Problem::Duplicate { what: "tensors", name: name.clone() });
                }
            }
        }
        if let Some(index) = &index {
            let unlike = |name: &&String| index.shards.get(*name) != places.get(*name);
            if let Some(name) = index.shards.keys().chain(places.keys()).find(unlike) {
                let what = format!("tensor `{name}` is not in the shard it names");
                return Err(Problem::Index { what });
            }
        }
        Ok(Self { index, shards, places })
    }

    /// Every file of the weights.
    pub(crate) fn files(&self) -> impl Iterator<Item = &RelPath> {
        self.shards.keys().chain(self.index.as_ref().map(|index| &index.path))
    }

    pub(crate) fn tensors(&self) -> BTreeMap<String, TensorInfo> {
        let headers = self.shards.values();
        headers
            .flat_map(|header| header.tensors.iter().map(|(name, (info, _))| (name.clone(), info.clone())))
            .collect()
    }

    /// The file and the range in it where a tensor's bytes lie.
    pub(crate) fn place(&self, name: &str) -> Option<(&RelPath, Range<u64>)> {
        let path = self.places.get(name)?;
        let (_, range) = self.shards.get(path)?.tensors.get(name)?;
        Some((path, range.clone()))
    }

    /// Where the data of a shard begins, behind its header.
    pub(crate) fn data_start(&self, path: &RelPath) -> Option<u64> {
        self.shards.get(path).map(|header| header.data_start)
    }

    pub(crate) fn read(&self, folder: &Folder, name: &str) -> Result<Vec<u8>, FormatError> {
        let Some((path, range)) = self.place(name) else {
            return Ok(Vec::new());
        };
        let (file, _) = folder.open_file(path)?;
        read_range(&file, range).map_err(|error| FormatError::new(folder.locate(path), error))
    }

    /// The files that an edit changes, as pieces of what they are now.
    pub(crate) fn edited(
        &self,
        edits: &BTreeMap<String, NewTensor>,
    ) -> Result<BTreeMap<RelPath, Pieces>, Problem> {
        let mut files = BTreeMap::new();
        for (path, header) in &self.shards {
            if header.tensors.keys().any(|name| edits.contains_key(name)) {
                files.insert(path.clone(), edited_shard(header, edits));
            }
        }
        if let (Some(index), Some(text)) = (&self.index, self.resized_index(edits)?) {
            files.insert(index.path.clone(), Piece::Bytes(text).into());
        }
        Ok(files)
    }

    /// The new text of the index where an edit makes it say something else.
    fn resized_index(&self, edits: &BTreeMap<String, NewTensor>) -> Result<Option<Vec<u8>>, Problem> {
        let (bytes, elements) = self.growth(edits);
        let index = self.index.as_ref().filter(|_| (bytes, elements) != (0, 0));
        index.map(|index| index.resized(bytes, elements)).transpose()
    }

    /// By how many bytes and elements the tensors grow.
    fn growth(&self, edits: &BTreeMap<String, NewTensor>) -> (i128, i128) {
        let tensors = self.shards.values().flat_map(|header| &header.tensors);
        tensors.fold((0, 0), |(bytes, elements), (name, (old, _))| match edits.get(name) {
            Some(new) => (
                bytes + new.info.byte_len() as i128 - old.byte_len() as i128,
                elements + new.info.elements() as i128 - old.elements() as i128,
            ),
            None => (bytes, elements),
        })
    }
}

fn read_header(folder: &Folder, path: &RelPath) -> Result<Header, FormatError> {
    let (file, len) = folder.open_fetched(path)?;
    Header::read(&file, len).map_err(|problem| FormatError::new(folder.locate(path), problem))
}

fn edited_shard(header: &Header, edits: &BTreeMap<String, NewTensor>) -> Pieces {
    let reshaped: BTreeMap<&str, &TensorInfo> = header
        .tensors
        .iter()
        .filter_map(|(name, (old, _))| {
            Some((name.as_str(), &edits.get(name)?.info)).filter(|(_, new)| *new != old)
        })
        .collect();
    let mut pieces = Pieces::default();
    pieces.push(if reshaped.is_empty() {
        Piece::Source(0..header.data_start)
    } else {
        Piece::Bytes(header.with_shapes(&reshaped))
    });
    for name in header.by_offset() {
        let source = header.tensors.get(name).map(|(_, range)| Piece::Source(range.clone()));
        let new = edits.get(name).map(|tensor| Piece::Bytes(tensor.data.clone()));
        new.or(source).into_iter().for_each(|piece| pieces.push(piece));
    }
    pieces
}

const METADATA: &str = "__metadata__";
const MAX_INDEX: u64 = 64 << 20;
