//! Inputs of a model that somebody made already: arrays of as many rows as there are labels.

use std::{collections::BTreeMap, path::Path};

use declass_formats::Sha256Digest;

use super::bounds::MAX_ROWS;
use crate::{
    arrays::{Arrays, Problem, read_file},
    error::Error,
    inputs::{
        fault::{Fault, shown},
        value::{Input, Inputs, Values},
    },
};

/// All arrays but the labels.
pub(super) struct Ready {
    arrays: BTreeMap<String, Input>,
    pub(super) rows: usize,
}

const LAYOUT: &str =
    "save the inputs by the names that the model gives them, each [N, ...], and `labels` [N]";

impl Ready {
    /// The arrays of a file, and its labels if it has any.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Vec<i64>>), Error> {
        let bytes = read_file(path)?;
        read(&bytes).map_err(|fault| fault.at(path))
    }

    /// One example as the inputs of a model, with 1 as first extent.
    pub(super) fn row(&self, row: usize) -> Inputs {
        let of = |input: &Input| {
            let size = elements(&input.shape[1..]);
            let range = row * size..(row + 1) * size;
            let values = match &input.values {
                Values::Float(values) => Values::Float(values[range].to_vec()),
                Values::Whole(values) => Values::Whole(values[range].to_vec()),
            };
            let shape = [&[1], &input.shape[1..]].concat();
            Input { shape, values }
        };
        self.arrays.iter().map(|(name, input)| (name.clone(), of(input))).collect()
    }

    pub(super) fn digest(&self, row: usize) -> Sha256Digest {
        let mut bytes = Vec::new();
        for (name, input) in self.row(row) {
            bytes.extend_from_slice(name.as_bytes());
            bytes.extend(input.shape.iter().flat_map(|extent| (*extent as u64).to_le_bytes()));
            match input.values {
                Values::Float(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
                Values::Whole(values) => bytes.extend(values.iter().flat_map(|value| value.to_le_bytes())),
            }
        }
        Sha256Digest::of(&bytes)
    }
}

fn read(bytes: &[u8]) -> Result<(Ready, Option<Vec<i64>>), Fault> {
    let mut file = Arrays::open(bytes).map_err(fault)?;
    let names = file.names();
    let inputs: Vec<&str> = names.iter().map(String::as_str).filter(|name| *name != LABELS).collect();
    if inputs.is_empty() {
        return Err(Fault::new("it has no inputs").hint(LAYOUT));
    }
    let mut rows = None;
    for name in &names {
        let shape = file.info(name).map_err(fault)?.shape;
        let first = shape.first().copied().filter(|rows| (1..=MAX_ROWS).contains(rows));
        let first = first.filter(|first| *rows.get_or_insert(*first) == *first);
        if first.is_none() || (name == LABELS && shape.len() != 1) {
            let reason = format!("the shape of `{}` is {shape:?}, which does not fit", shown(name));
            return Err(Fault::new(reason).hint(LAYOUT));
        }
    }
    let labels = if names.len() > inputs.len() {
        let array = file.read(&[LABELS]).map_err(fault)?.pop();
        let labels = array.and_then(|array| array.info.dtype.decode_i64(&array.bytes));
        Some(labels.ok_or_else(|| Fault::new("the labels are no integers").hint(LAYOUT))?)
    } else {
        None
    };
    let mut arrays = BTreeMap::new();
    for (name, array) in inputs.iter().zip(file.read(&inputs).map_err(fault)?) {
        let (dtype, shape) = (array.info.dtype, array.info.shape.clone());
        let floats = if dtype.is_float() { dtype.decode(&array.bytes).map(Values::Float) } else { None };
        let values = floats.or_else(|| dtype.decode_i64(&array.bytes).map(Values::Whole));
        let values = values.filter(|values| values.count() == elements(&shape));
        let values = values.ok_or_else(|| {
            Fault::new(format!("`{}` is {}, which is no type of inputs", shown(name), dtype.name()))
        })?;
        if let Values::Float(values) = &values
            && let Some(at) = values.iter().position(|value| !value.is_finite())
        {
            return Err(Fault::new(format!("`{}` holds {} at {at}", shown(name), values[at])));
        }
        arrays.insert((*name).to_owned(), Input { shape, values });
    }
    Ok((Ready { arrays, rows: rows.unwrap_or_default() }, labels))
}

const LABELS: &str = "labels";

fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

fn fault(problem: Problem) -> Fault {
    Fault { reason: problem.reason, hint: problem.hint.map(str::to_owned) }
}
