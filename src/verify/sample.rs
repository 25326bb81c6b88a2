//! A small sample in all dimensions of the embedding, for heads that do not lie in the space of the two
//! compared ones.
//!
//! The [behaviour](super::behaviour) draws in the space that the rows of both heads span, where draws are
//! cheap. Rounding noise, or a row made of others, has components outside of it that those draws do not see.

use candle_core::{Device, Tensor};
use rayon::prelude::*;

use super::recognition::Recognition;
use crate::{
    classes::Forgotten,
    embeddings::{Embeddings, Strata, Stratum},
    error::Error,
    head::LinearHead,
    removal::Removal,
    rng::{Address, Purpose},
    space::Space,
    tail::Weights,
};

/// Multiplications of one product with the head that one stratum may cost.
const WORK: usize = 1 << 29;
/// Embeddings of one stratum, half of them of forgotten classes: at least and at most.
const FEWEST: usize = 256;
const MOST: usize = 2048;
/// Embeddings of one forgotten class in one stratum, at least and at most.
const FEWEST_OF_CLASS: usize = 8;
const MOST_OF_CLASS: usize = 500;
/// Rows that one thread looks at.
const PART: usize = 64;

/// Embeddings of all strata, labelled by the original.
pub(super) struct Sample {
    strata: Vec<(Stratum, Embeddings)>,
    device: Device,
}

/// What a head makes of a sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Outcomes {
    /// Every forgotten class in every stratum that reaches it.
    pub(super) forgotten: Vec<Cell>,
    /// Per class: embeddings that the original gives this retained class, and those that the head does too.
    pub(super) retained: Vec<(u64, u64)>,
}

/// One forgotten class in one stratum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) stratum: Stratum,
    pub(super) class: usize,
    /// Embeddings that the original gives the class, and those that the head still recognises.
    pub(super) count: u64,
    pub(super) recognised: u64,
}

impl Cell {
    pub(super) fn rate(&self) -> f64 {
        self.recognised as f64 / self.count as f64
    }
}

impl Sample {
    pub(super) fn draw(original: &LinearHead, removal: &Removal, device: &Device) -> Result<Self, Error> {
        let per_class = per_class(removal.forgotten(), original.classes * original.width);
        let insist = |class| removal.forgotten().contains(class);
        let address = Address { seed: removal.verification_seed(), purpose: Purpose::Verification };
        let space = Space::whole(original.width);
        let drawn = Strata::draw(original, &space, per_class, insist, address, device)?;
        let mut strata: Vec<(Stratum, Embeddings)> = Vec::new();
        drawn.each(|stratum, piece, _| {
            match strata.last_mut() {
                Some((last, sum)) if *last == stratum => {
                    sum.values.extend_from_slice(&piece.values);
                    sum.labels.extend_from_slice(&piece.labels);
                }
                _ => strata.push((stratum, piece.clone())),
            }
            Ok(())
        })?;
        Ok(Self { strata, device: device.clone() })
    }

    /// The part of it that the original gives one class, of the Gaussian stratum.
    pub(super) fn gaussian_of(&self, class: usize) -> Embeddings {
        let gaussian = self.strata.iter().find(|(stratum, _)| *stratum == Stratum::Gaussian);
        gaussian.map_or_else(Embeddings::default, |(_, all)| all.filter(|label| label == class))
    }

    /// So many of its embeddings at most, evenly spaced over all strata, after one that is zero.
    pub(super) fn spread(&self, most: usize) -> Vec<Vec<f32>> {
        let rows = |embeddings: &Embeddings| embeddings.values.len() / embeddings.width.max(1);
        let all: usize = self.strata.iter().map(|(_, embeddings)| rows(embeddings)).sum();
        let stride = all.div_ceil(most.max(1)).max(1);
        let each = self.strata.iter().flat_map(|(_, all)| all.values.chunks(all.width.max(1)));
        let width = self.strata.first().map_or(0, |(_, embeddings)| embeddings.width);
        let spread = each.step_by(stride).map(<[f32]>::to_vec);
        std::iter::once(vec![0.0; width]).chain(spread).collect()
    }

    /// The part of it that the original gives a forgotten class, of the Gaussian stratum.
    pub(super) fn gaussian_forgotten(&self, forgotten: &Forgotten) -> Self {
        let gaussian = self.strata.iter().filter(|(stratum, _)| *stratum == Stratum::Gaussian);
        let of_forgotten = |all: &Embeddings| all.filter(|label| forgotten.contains(label));
        let strata = gaussian.map(|(stratum, all)| (*stratum, of_forgotten(all))).collect();
        Self { strata, device: self.device.clone() }
    }

    /// What a head makes of all of it.
    pub(super) fn judge(&self, head: &LinearHead, recognition: Recognition<'_>) -> Result<Outcomes, Error> {
        let weights = Weights::of(head, &self.device)?;
        let mut outcomes = Outcomes { retained: vec![(0, 0); head.classes], ..Outcomes::default() };
        for (stratum, embeddings) in &self.strata {
            let kept = kept(embeddings, &weights, recognition).map_err(Error::compute("verifying"))?;
            let mut cells: Vec<Cell> = Vec::new();
            for (&label, kept) in embeddings.labels.iter().zip(kept) {
                let class = label as usize;
                if !recognition.forgotten.contains(class) {
                    let (count, same) = &mut outcomes.retained[class];
                    (*count, *same) = (*count + 1, *same + u64::from(kept));
                    continue;
                }
                let known = cells.iter().position(|cell| cell.class == class);
                let at = known.unwrap_or_else(|| {
                    cells.push(Cell { stratum: *stratum, class, count: 0, recognised: 0 });
                    cells.len() - 1
                });
                cells[at].count += 1;
                cells[at].recognised += u64::from(kept);
            }
            outcomes.forgotten.extend(cells);
        }
        Ok(outcomes)
    }
}

/// Whether the head still gives each embedding what the original does.
fn kept(
    embeddings: &Embeddings,
    head: &Weights,
    recognition: Recognition<'_>,
) -> candle_core::Result<Vec<bool>> {
    let (classes, width) = (head.classes(), head.width());
    let mut kept = Vec::with_capacity(embeddings.len());
    let rows = (LOGITS_AT_ONCE / classes).max(PART);
    for (values, labels) in embeddings.values.chunks(rows * width).zip(embeddings.labels.chunks(rows)) {
        let values = Tensor::from_slice(values, (labels.len(), width), head.weight.device())?;
        let logits = head.logits(&values)?.flatten_all()?.to_vec1::<f32>()?;
        let row = |(logits, &label): (&[f32], &u32)| recognition.keeps(logits, label as usize);
        kept.par_extend(logits.par_chunks(classes).zip(labels).with_min_len(PART).map(row));
    }
    Ok(kept)
}

/// Logits of one product.
const LOGITS_AT_ONCE: usize = 1 << 22;

/// How many embeddings each class should get of one stratum.
fn per_class(forgotten: &Forgotten, weights: usize) -> Vec<usize> {
    let classes = forgotten.classes();
    let half = (WORK / weights).clamp(FEWEST, MOST) / 2;
    let each = (half / forgotten.indices().count().max(1)).clamp(FEWEST_OF_CLASS, MOST_OF_CLASS);
    // Where there is less than one for every retained class, some evenly spaced ones get one.
    let (retained, stride) = ((half / classes).max(1), classes.div_ceil(half));
    let allotted = |class| {
        if forgotten.contains(class) {
            each
        } else if class % stride == 0 {
            retained
        } else {
            0
        }
    };
    (0..classes).map(allotted).collect()
}
