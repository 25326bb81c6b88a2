//! Embeddings that the user brings, labelled or not: a safetensors file or a NumPy `.npz`, read as hostile input.

use std::path::{Path, PathBuf};

use declass_formats::Sha256Digest;

use crate::{
    arrays::{Array, Arrays, Problem, read_file},
    error::Error,
};

/// What embeddings are for, which decides under what names they are looked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Part {
    /// Held out from training: `embeddings` and `labels`, or `test_embeddings` and `test_labels`; embeddings alone have no
    /// labels.
    Test,
    /// Used in training: `embeddings` and `labels`, or `train_embeddings` and `train_labels`.
    Train,
}

/// Everything an evaluation is made on.
#[derive(Clone, Debug)]
pub struct Data {
    /// Embeddings that the model was not trained on.
    pub test: Labelled,
    /// Embeddings that it was trained on, if the user has them.
    pub train: Option<Labelled>,
}

/// Embeddings with the class of each, as many rows as labels, all finite; before [`Labelled::answered_by`] those without
/// labels have none.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Where they were read.
    pub path: PathBuf,
    /// Digest of the file's bytes that were read.
    pub sha256: Sha256Digest,
    /// Width `D` of an embedding, at least 1.
    pub width: usize,
    /// Row-major, `N x D`.
    pub embeddings: Vec<f32>,
    /// The class of each row, as an index into the original model's classes.
    pub labels: Vec<usize>,
    /// Whose word the labels are.
    pub truth: Truth,
    /// What each row is called where it comes from; empty if rows go by their numbers.
    pub names: Vec<String>,
}

/// Whose word labels are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Truth {
    /// The original model's: the data have no labels, and nothing is known of accuracy (tier T1).
    Answers,
    /// The user's (tier T2).
    Labels,
}

impl Labelled {
    /// Reads embeddings and, if there are any, labels. `embeddings` is `[N, D]` of a float type, `labels` is `[N]` of an
    /// integer type.
    ///
    /// The whole file is held in memory while it is read, so that the digest is that of the bytes used.
    ///
    /// # Errors
    /// [`Error::Embeddings`] with what is wrong in the file, [`Error::Io`] if the disk refuses.
    pub fn open(path: &Path, part: Part) -> Result<Self, Error> {
        let bytes = read_file(path)?;
        let arrays = unpack(&bytes, part).map_err(|problem| problem.at(path))?;
        let sha256 = Sha256Digest::of(&bytes);
        parse(arrays, part).map_err(|problem| problem.at(path)).map(|(width, embeddings, labels)| Self {
            path: path.to_owned(),
            sha256,
            width,
            embeddings,
            truth: if labels.is_some() { Truth::Labels } else { Truth::Answers },
            labels: labels.unwrap_or_default(),
            names: Vec::new(),
        })
    }

    /// What a row is called: its name, or its number, counted from 0.
    #[must_use]
    pub fn name(&self, row: usize) -> String {
        self.names.get(row).cloned().unwrap_or_else(|| row.to_string())
    }

    /// One embedding.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f32] {
        &self.embeddings[row * self.width..(row + 1) * self.width]
    }

    /// The rows of a class.
    pub fn rows_of(&self, class: usize) -> impl Iterator<Item = usize> + '_ {
        self.labels.iter().enumerate().filter(move |(_, label)| **label == class).map(|(row, _)| row)
    }

    /// How many rows each of the model's classes has.
    ///
    /// # Errors
    /// [`Error::Embeddings`] if the width is not that of the model's embedding, or a label is none of its
    /// classes.
    pub fn counts(&self, width: usize, classes: usize) -> Result<Vec<u64>, Error> {
        self.require_width(width)?;
        let mut counts = vec![0; classes];
        for (row, &label) in self.labels.iter().enumerate() {
            let Some(count) = counts.get_mut(label) else {
                let reason = format!("the label of row {row} is {label}, the model has {classes} classes");
                return Err(Problem::new(reason, "labels are indices into the original's classes, from 0")
                    .at(&self.path));
            };
            *count += 1;
        }
        Ok(counts)
    }

    pub(super) fn require_width(&self, width: usize) -> Result<(), Error> {
        if self.width == width {
            return Ok(());
        }
        let reason = format!("they are {} wide, the input of the model's head is {width} wide", self.width);
        let hint = "`declass inspect` shows which layer's input is needed";
        Err(Problem::new(reason, hint).at(&self.path))
    }
}

const LAYOUT: &str =
    "save `embeddings` [N, D] and, if there are any, `labels` [N] with safetensors or `numpy.savez`";

/// Embeddings and labels as stored, found by their names; labels may be missing. Their shapes are known to fit before
/// anything is unpacked.
fn unpack(bytes: &[u8], part: Part) -> Result<Vec<Array<'_>>, Problem> {
    let with_layout = |problem: Problem| Problem { hint: problem.hint.or(Some(LAYOUT)), ..problem };
    let mut file = Arrays::open(bytes).map_err(|problem| Problem { hint: Some(LAYOUT), ..problem })?;
    let names = part.choose(&file.names())?;
    let infos = names.iter().map(|name| file.info(name).map_err(with_layout));
    let infos = infos.collect::<Result<Vec<_>, _>>()?;
    extents(&infos.iter().map(|info| info.shape.as_slice()).collect::<Vec<_>>(), part)?;
    file.read(&names)
}

impl Part {
    /// The names of embeddings and labels among those in a file; of embeddings alone where nothing is called labels.
    fn choose(self, present: &[String]) -> Result<Vec<&'static str>, Problem> {
        let prefixed = match self {
            Self::Test => ["test_embeddings", "test_labels"],
            Self::Train => ["train_embeddings", "train_labels"],
        };
        let is_there = |name: &str| present.iter().any(|other| other == name);
        let has = |pair: &[&str; 2]| pair.iter().all(|name| is_there(name));
        let pairs: Vec<_> = [["embeddings", "labels"], prefixed].into_iter().filter(has).collect();
        let alone = ["embeddings", prefixed[0]].into_iter().filter(|name| is_there(name));
        match (&pairs[..], &alone.collect::<Vec<_>>()[..]) {
            ([pair], _) => Ok(pair.to_vec()),
            ([], [embeddings]) if self == Self::Test && !is_there("labels") && !is_there(prefixed[1]) => {
                Ok(vec![embeddings])
            }
            ([], _) => {
                let [embeddings, labels] = prefixed;
                let mut found: Vec<String> = present.iter().map(|name| format!("`{name}`")).collect();
                found.sort_unstable();
                found.truncate(8);
                let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
                let reason = format!(
                    "it has neither `embeddings` and `labels` nor `{embeddings}` and `{labels}`; it has {found}"
                );
                Err(Problem::new(reason, LAYOUT))
            }
            _ => Err(Problem::new(
                "it has embeddings and labels under two names each",
                "keep one of the pairs",
            )),
        }
    }
}

/// Number and width of the embeddings, from the shapes of embeddings and labels.
fn extents(shapes: &[&[usize]], part: Part) -> Result<[usize; 2], Problem> {
    let (rows, width, count) = match *shapes {
        [&[rows, width], &[count]] => (rows, width, count),
        [&[rows, width]] => (rows, width, rows),
        _ => {
            let reason = format!("the shapes are {shapes:?}, expected [N, D] and [N]");
            return Err(Problem::new(reason, LAYOUT));
        }
    };
    if rows != count {
        return Err(Problem::new(format!("there are {rows} embeddings and {count} labels"), None));
    }
    if rows == 0 || width == 0 {
        let what = if part == Part::Test { "test" } else { "training" };
        return Err(Problem::new(format!("there are no {what} embeddings in it ([{rows}, {width}])"), None));
    }
    Ok([rows, width])
}

/// Width and values of embeddings, and their labels.
type Parsed = (usize, Vec<f32>, Option<Vec<usize>>);

fn parse(arrays: Vec<Array<'_>>, part: Part) -> Result<Parsed, Problem> {
    let shapes: Vec<&[usize]> = arrays.iter().map(|array| array.info.shape.as_slice()).collect();
    let [rows, width] = extents(&shapes, part)?;
    let mut arrays = arrays.into_iter();
    let Some(embeddings) = arrays.next() else { return Err(Problem::new("there are no embeddings", LAYOUT)) };
    let values = embeddings.info.dtype.decode(&embeddings.bytes).ok_or_else(|| {
        let reason = format!("the embeddings are {}, expected a float type", embeddings.info.dtype.name());
        Problem::new(reason, "store them as f16, bf16, f32 or f64")
    })?;
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        return Err(Problem::new(
            format!("row {} of the embeddings holds {} at {}", at / width, values[at], at % width),
            None,
        ));
    }
    let short = || Problem::new("an array is shorter than its shape says", None);
    if values.len() != rows.saturating_mul(width) {
        return Err(short());
    }
    let Some(labels) = arrays.next() else { return Ok((width, values, None)) };
    let classes = labels.info.dtype.decode_i64(&labels.bytes).ok_or_else(|| {
        let reason = format!("the labels are {}, expected an integer type", labels.info.dtype.name());
        Problem::new(reason, "labels are indices into the original's classes, such as i64")
    })?;
    let parsed: Option<Vec<usize>> = classes.iter().map(|&class| usize::try_from(class).ok()).collect();
    match parsed {
        Some(parsed) if parsed.len() == rows => Ok((width, values, Some(parsed))),
        Some(_) => Err(short()),
        None => Err(Problem::new("a label is negative", "leave out rows without a class")),
    }
}

#[cfg(test)]
mod tests;
