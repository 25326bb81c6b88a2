//! Where the content of an example is, and how it is fetched.

use std::collections::BTreeMap;

use declass_formats::{Sha256Digest, read_regular};

use super::{parquet::Parquet, ready::Ready, walk::Root};
use crate::inputs::{
    fault::Fault,
    picture::MAX_FILE,
    preparation::{Content, MAX_TEXT, Modality},
    value::Inputs,
};

/// Where the content of one example is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    /// A path below the folder.
    File(String),
    /// A row of a file of Parquet.
    Row {
        file: usize,
        row: usize,
    },
    /// A row of inputs that are ready.
    Ready(usize),
    Text(String, Option<String>),
}

/// What the contents are fetched from.
pub(super) enum Store {
    Files(Root, Modality),
    /// Files, with the column of the bytes in each.
    Parquets(Vec<(Parquet, usize)>, Modality),
    Ready(Ready),
    /// The texts are with the examples.
    Texts,
}

/// The content of one example.
pub(super) enum Fetched {
    Image(Vec<u8>),
    Sound(Vec<u8>),
    Text(String, Option<String>),
    Ready(Inputs, Sha256Digest),
}

impl Store {
    /// The contents of some examples that must be fetched together, each by its place among them: files of
    /// Parquet are read in order, while all else can be fetched alone.
    pub(super) fn ahead(&self, sources: &[&Source]) -> BTreeMap<usize, Result<Fetched, Fault>> {
        let Self::Parquets(files, modality) = self else { return BTreeMap::new() };
        let mut by_file: BTreeMap<usize, Vec<(usize, usize)>> = BTreeMap::new();
        for (place, source) in sources.iter().enumerate() {
            if let Source::Row { file, row } = source {
                by_file.entry(*file).or_default().push((*row, place));
            }
        }
        let mut ahead = BTreeMap::new();
        for (file, mut rows) in by_file {
            let Some((parquet, column)) = files.get(file) else { continue };
            rows.sort_unstable();
            let wanted: Vec<usize> = rows.iter().map(|(row, _)| *row).collect();
            for ((_, place), bytes) in rows.into_iter().zip(parquet.bytes(*column, &wanted)) {
                ahead.insert(place, bytes.and_then(|bytes| of_bytes(bytes, *modality)));
            }
        }
        ahead
    }

    /// The content of an example that can be fetched alone.
    pub(super) fn fetch(&self, source: &Source) -> Result<Fetched, Fault> {
        match (self, source) {
            (Self::Files(root, modality), Source::File(path)) => {
                let path = root.locate(path)?;
                let bytes =
                    read_regular(&path, MAX_FILE).map_err(|error| Fault::new(error.problem.to_string()))?;
                of_bytes(bytes, *modality)
            }
            (Self::Ready(ready), Source::Ready(row)) => {
                let inputs = ready.row(*row);
                let digest = ready.digest(*row);
                Ok(Fetched::Ready(inputs, digest))
            }
            (_, Source::Text(first, second)) => Ok(Fetched::Text(first.clone(), second.clone())),
            _ => Err(Fault::new("its content cannot be fetched alone")),
        }
    }
}

fn of_bytes(bytes: Vec<u8>, modality: Modality) -> Result<Fetched, Fault> {
    if bytes.len() as u64 > MAX_FILE {
        return Err(Fault::new(format!("it has {} bytes, at most {MAX_FILE} are read", bytes.len())));
    }
    Ok(match modality {
        Modality::Images => Fetched::Image(bytes),
        Modality::Sounds => Fetched::Sound(bytes),
        Modality::Texts if bytes.len() > MAX_TEXT => {
            return Err(Fault::new(format!("it has {} bytes, at most {MAX_TEXT} are read", bytes.len())));
        }
        Modality::Texts => {
            let text = String::from_utf8(bytes).map_err(|_| Fault::new("it is no UTF-8"))?;
            Fetched::Text(text, None)
        }
    })
}

impl Fetched {
    /// What a preparation takes; none if nothing needs to be prepared.
    pub(super) fn content(&self) -> Option<Content<'_>> {
        match self {
            Self::Image(bytes) => Some(Content::Image(bytes)),
            Self::Sound(bytes) => Some(Content::Sound(bytes)),
            Self::Text(first, second) => Some(Content::Text(first, second.as_deref())),
            Self::Ready(..) => None,
        }
    }

    /// The inputs, if they are ready.
    pub(super) fn ready(self) -> Option<Inputs> {
        match self {
            Self::Ready(inputs, _) => Some(inputs),
            _ => None,
        }
    }

    pub(super) fn digest(&self) -> Sha256Digest {
        match self {
            Self::Image(bytes) | Self::Sound(bytes) => Sha256Digest::of(bytes),
            Self::Text(first, second) => {
                let mut bytes = (first.len() as u64).to_le_bytes().to_vec();
                bytes.extend_from_slice(first.as_bytes());
                bytes.extend_from_slice(second.as_deref().unwrap_or_default().as_bytes());
                Sha256Digest::of(&bytes)
            }
            Self::Ready(_, digest) => *digest,
        }
    }
}
