//! Which runs are made, and how many.

use rayon::prelude::*;

use super::{
    Stop,
    pair::{Around, Pair, Seen, Trouble},
    shared::Side,
    stimuli::{Guess, Stimuli},
};
use crate::{
    head::LinearHead,
    progress::{Progress, Step},
    removal::Removal,
    rng::{Address, Purpose},
    run::Fault,
};

/// Multiplications that all runs of the original may take together, and how many runs.
const WORK: u64 = 1 << 37;
const FEWEST: u64 = 2;
const MOST: u64 = 16;
/// Multiplications of the head in all runs of what stands behind the embedding, and how many embeddings.
const WORK_BEHIND: usize = 1 << 30;
const FEWEST_EMBEDDINGS: usize = 64;
const MOST_EMBEDDINGS: usize = 1024;
/// Numbers of the outputs of all runs, where every place of an input has outputs of its own.
const MOST_NUMBERS: usize = 1 << 22;
/// Embeddings are run at these lengths, in turn: far from the origin and close to it other rounding decides.
const SCALES: [f32; 5] = [1.0, 1.0, 1.0, 1e-3, 1e2];

/// What was seen of all runs.
pub(super) struct Runs {
    pub(super) seen: Vec<Seen>,
    pub(super) inputs: usize,
    pub(super) embeddings: usize,
}

/// How many embeddings are run behind a head.
pub(super) fn embeddings(head: &LinearHead) -> usize {
    (WORK_BEHIND / (head.classes * head.width).max(1)).clamp(FEWEST_EMBEDDINGS, MOST_EMBEDDINGS)
}

impl Runs {
    /// Runs both networks on inputs, and what stands behind the embedding on `rows`, `[n, D]`.
    pub(super) fn of(
        pair: &Pair<'_>,
        original: Side<'_>,
        rows: &[Vec<f32>],
        removal: &Removal,
        progress: &dyn Progress,
    ) -> Result<Self, Stop> {
        let address = Address { seed: removal.verification_seed(), purpose: Purpose::Inputs };
        let stimuli = Stimuli::of(original.source, original.flow, address).map_err(Stop::NotExecuted)?;
        let classes = removal.forgotten().classes();
        let left = removal.forgotten().retained().count();
        let (guess, first, around, work) = first(pair, &stimuli, [classes, left])?;
        let asked = removal.executed().map(|inputs| u64::from(inputs).div_ceil(guess.batch as u64));
        let room = room(pair, &first);
        let count = asked.unwrap_or_else(|| (WORK / work.max(1)).clamp(FEWEST, MOST).min(room as u64));
        let batches = around.as_ref().map_or(0, |_| (rows.len() / guess.batch).min(room));
        let embeddings = batches * guess.batch;
        progress.begin(Step::Running, count + batches as u64);
        let further = (1..count).into_par_iter().map(|index| {
            let inputs = stimuli.draw(index, guess).map_err(Trouble::Original)?;
            let (seen, ..) = pair.run(&inputs, guess.batch)?;
            progress.advance(Step::Running, 1);
            Ok(seen)
        });
        let mut seen = vec![first];
        seen.extend(further.collect::<Result<Vec<_>, _>>().map_err(|trouble| pair.stop(trouble))?);
        if let Some(around) = &around {
            let behind = (0..batches).into_par_iter().map(|at| {
                let seen = pair.run_behind(&scaled(rows, at, guess.batch), around)?;
                progress.advance(Step::Running, 1);
                Ok(seen)
            });
            seen.extend(behind.collect::<Result<Vec<_>, _>>().map_err(|trouble| pair.stop(trouble))?);
        }
        progress.end(Step::Running);
        Ok(Self { seen, inputs: count as usize * guess.batch, embeddings })
    }
}

/// How many runs there is room for where every place has outputs of its own: a map has very many.
fn room(pair: &Pair<'_>, first: &Seen) -> usize {
    if !pair.every_place {
        return usize::MAX;
    }
    let outputs = first.outputs.before.iter().chain(&first.outputs.after);
    let numbers: usize = outputs.map(|given| given.numbers.len()).sum();
    (MOST_NUMBERS / numbers.max(1)).max(FEWEST as usize)
}

/// The first guess that the network runs with, and what was seen of it.
fn first(
    pair: &Pair<'_>,
    stimuli: &Stimuli<'_>,
    counts: [usize; 2],
) -> Result<(Guess, Seen, Option<Around>, u64), Stop> {
    let mut reason = None;
    for guess in stimuli.guesses(counts) {
        let ran = stimuli.draw(0, guess).map_err(Trouble::Original);
        match ran.and_then(|inputs| pair.run(&inputs, guess.batch)) {
            Ok((seen, around, work)) => return Ok((guess, seen, around, work)),
            Err(Trouble::Original(fault)) if pair.is_chance_behind(&fault) => {
                return Err(Stop::Wrong(format!("behind the embedding: {fault}")));
            }
            Err(Trouble::Original(fault)) => {
                let is_over = matches!(fault.root(), Fault::OverBudget(_));
                reason.get_or_insert(fault);
                if is_over {
                    break;
                }
            }
            Err(trouble) => return Err(pair.stop(trouble)),
        }
    }
    Err(Stop::NotExecuted(reason.map_or_else(String::new, |fault| fault.to_string())))
}

/// The rows of one batch, one after the other, at the length whose turn it is.
fn scaled(rows: &[Vec<f32>], batch: usize, size: usize) -> Vec<f32> {
    let rows = rows.iter().enumerate().skip(batch * size).take(size);
    rows.flat_map(|(at, row)| row.iter().map(move |value| value * SCALES[at % SCALES.len()])).collect()
}
