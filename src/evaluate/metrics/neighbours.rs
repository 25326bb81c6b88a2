//! What a vote of the nearest rows says: whether features carry over to the classes without any head.

use candle_core::{Device, Result as Computed, Tensor};
use rayon::prelude::*;

use super::{
    Measured, percent,
    split::{Split, Splits},
};
use crate::{
    error::Error,
    evaluate::{Labelled, experiment::Experiment},
    evidence::{Definition, Origin},
};

/// Rows that vote.
const VOTERS: usize = 5;
/// Most multiplications of one split.
const MOST_WORK: usize = 200_000_000_000;
/// Most distances held at a time.
const DISTANCES: usize = 4 << 20;

pub(super) static DEFINITION: Definition = Definition {
    id: "nearest-neighbours",
    version: 1,
    number: Some("M8"),
    formula: "share of the rows whose label most of the 5 nearest other rows have (Euclidean; of labels equally often \
              the first)",
    origin: Origin::UserData,
    data: "neighbours are the user's training embeddings, and judged are the test ones; without training embeddings, \
           halves of the test ones, 3 draws",
    shows: "how well the features serve without a head; the same before and after, since the encoder is not touched",
    not_shown: "uninterpretable without a retrained reference: a class that was never learnt may lie together too",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let splits = match Splits::of(experiment) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(splits) => splits,
    };
    if let Some(reason) = splits.all.iter().find_map(obstacle) {
        return Ok(Measured::NotRun(reason));
    }
    let judged: Result<Vec<_>, Error> =
        splits.all.iter().map(|split| Ok(split.judge(experiment, &voted(split)?))).collect();
    let ([forgotten, retained], figures) = splits.figures(&judged?);
    Ok(Measured::Found {
        summary: format!(
            "{} of the removed, {} of the retained by a vote of {VOTERS} ({}); uninterpretable without a retrained \
             reference",
            percent(forgotten),
            percent(retained),
            splits.how
        ),
        figures,
    })
}

/// Why no votes are taken, if so.
pub(super) fn obstacle(split: &Split<'_>) -> Option<String> {
    let (rows, judged) = (split.fit_rows.len(), split.test_rows.len());
    let work = rows.saturating_mul(judged).saturating_mul(split.fit.width);
    if rows < VOTERS {
        return Some(format!("there are {rows} rows to vote, and {VOTERS} are asked"));
    }
    (work > MOST_WORK).then(|| format!("the distances of {judged} to {rows} rows are too many"))
}

/// The class that each of the judged rows gets.
pub(super) fn voted(split: &Split<'_>) -> Result<Vec<usize>, Error> {
    votes(split).map_err(Error::compute("measuring distances"))
}

fn votes(split: &Split<'_>) -> Computed<Vec<usize>> {
    let (rows, width) = (split.fit_rows.len(), split.fit.width);
    let wide = |data: &Labelled, rows: &[usize]| -> Vec<f64> {
        rows.iter().flat_map(|&row| data.row(row)).map(|&x| f64::from(x)).collect()
    };
    let voters = wide(split.fit, &split.fit_rows);
    // The nearest `v` of `z` is the one with the smallest `|v|²/2 - v·z`.
    let halves: Vec<f64> =
        voters.chunks(width).map(|row| row.iter().map(|x| x * x).sum::<f64>() / 2.0).collect();
    let labels: Vec<usize> = split.fit_rows.iter().map(|&row| split.fit.labels[row]).collect();
    let voters = Tensor::from_vec(voters, (rows, width), &Device::Cpu)?.t()?;
    let mut given = Vec::with_capacity(split.test_rows.len());
    for judged in split.test_rows.chunks((DISTANCES / rows).max(1)) {
        let batch = Tensor::from_vec(wide(split.test, judged), (judged.len(), width), &Device::Cpu)?;
        let products: Vec<f64> = batch.matmul(&voters)?.flatten_all()?.to_vec1()?;
        let votes = products.par_chunks(rows).map(|products| {
            let distances = halves.iter().zip(products).map(|(half, product)| half - product);
            vote(distances, &labels)
        });
        given.extend(votes.collect::<Vec<_>>());
    }
    Ok(given)
}

/// The most frequent label of the nearest; of equally near ones the first are nearer.
fn vote(distances: impl Iterator<Item = f64>, labels: &[usize]) -> usize {
    // The nearest so far, in their order: hardly any row is among them, so that most are looked at once.
    let mut order: Vec<(f64, usize)> = Vec::with_capacity(VOTERS + 1);
    for (distance, &label) in distances.zip(labels) {
        let is_no_farther = |near: &(f64, usize)| near.0.total_cmp(&distance).is_le();
        if order.len() < VOTERS || !order.last().is_some_and(is_no_farther) {
            order.insert(order.partition_point(is_no_farther), (distance, label));
            order.truncate(VOTERS);
        }
    }
    let mut nearest: Vec<usize> = order.into_iter().map(|(_, label)| label).collect();
    nearest.sort_unstable();
    let most = nearest
        .chunk_by(|a, b| a == b)
        .reduce(|most, next| if next.len() > most.len() { next } else { most });
    most.map_or(0, |most| most[0])
}
