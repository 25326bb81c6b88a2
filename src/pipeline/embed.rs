//! Examples through the network, some at a time, less those whose embeddings earlier runs have left.

use std::collections::HashMap;

use declass_formats::Sha256Digest;

use super::{
    encoder::{Embedded, Encoder},
    kept::{Kept, ROWS},
};
use crate::{
    error::Error,
    inputs::{Examples, Inputs, Preparation, Unusable},
    progress::{Progress, Step},
};

/// Embeddings by the places of their examples.
pub(super) type Rows = HashMap<usize, Embedded>;

/// Examples, and what makes embeddings of them.
pub(super) struct Embedding<'a> {
    pub(super) examples: &'a Examples,
    pub(super) preparation: Option<&'a Preparation>,
    pub(super) encoder: &'a Encoder<'a>,
    pub(super) progress: &'a dyn Progress,
}

impl Embedding<'_> {
    /// The embeddings of the examples at some places, with those that cannot be used, and how many were kept.
    pub(super) fn rows(
        &self,
        places: &[usize],
        mut kept: Option<&mut Kept>,
    ) -> Result<(Rows, Vec<Unusable>, u64), Error> {
        self.progress.begin(Step::Encoding, places.len() as u64);
        let mut rows = match &mut kept {
            Some(kept) => self.known(places, kept)?,
            None => Rows::new(),
        };
        let (known, mut unusable) = (rows.len() as u64, Vec::new());
        self.progress.advance(Step::Encoding, known);
        let left = places.iter().copied().filter(|place| !rows.contains_key(place)).collect();
        let mut chunks = self.examples.chunks_of(left, self.preparation, ROWS);
        while let Some(chunk) = chunks.next_through(|place, inputs| self.row(place, &inputs)) {
            let chunk = chunk?;
            unusable.extend(chunk.unusable.into_iter().map(|(_, unusable)| unusable));
            let made: Vec<(usize, Embedded)> = chunk
                .inputs
                .into_iter()
                .map(|(place, row)| Ok((place, row?)))
                .collect::<Result<_, Error>>()?;
            if let Some(kept) = &mut kept {
                let named = made
                    .iter()
                    .filter_map(|(place, row)| Some((self.digest(*place)?, row.numbers.as_slice())));
                kept.add(&named.collect::<Vec<_>>());
            }
            rows.extend(made);
        }
        self.progress.end(Step::Encoding);
        Ok((rows, unusable, known))
    }

    /// What earlier runs have left, if it is what is computed here: the first of them is, once more.
    fn known(&self, places: &[usize], kept: &mut Kept) -> Result<Rows, Error> {
        let rows = |kept: &Kept| -> Rows {
            let known = |place: &usize| {
                let numbers = kept.row(&self.digest(*place)?)?.to_vec();
                Some((*place, Embedded { numbers, places: Vec::new() }))
            };
            places.iter().filter_map(known).collect()
        };
        let found = rows(kept);
        let Some(first) = places.iter().find(|place| found.contains_key(place)) else { return Ok(found) };
        let mut chunk = self.examples.chunks_of(vec![*first], self.preparation, 1);
        let again = chunk.next_through(|_, inputs| self.encoder.row(&inputs)).transpose()?;
        let again = again.and_then(|chunk| chunk.inputs.into_iter().next());
        let bits = |row: &Embedded| row.numbers.iter().map(|number| number.to_bits()).collect::<Vec<u32>>();
        if again.is_some_and(|(place, row)| row.is_ok_and(|row| bits(&row) == bits(&found[&place]))) {
            return Ok(found);
        }
        kept.discard();
        Ok(Rows::new())
    }

    fn digest(&self, place: usize) -> Option<Sha256Digest> {
        self.examples.digests()?.get(place).copied()
    }

    fn row(&self, place: usize, inputs: &Inputs) -> Result<Embedded, Error> {
        let row = self.encoder.row(inputs).map_err(|error| about(error, &self.examples.list()[place].id));
        self.progress.advance(Step::Encoding, 1);
        row
    }
}

/// An error with the example that it is about.
fn about(error: Error, id: &str) -> Error {
    match error {
        Error::Run { reason, hint } => {
            Error::Run { reason: format!("`{}`: {reason}", id.escape_debug()), hint }
        }
        other => other,
    }
}
