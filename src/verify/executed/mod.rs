//! Both networks run from end to end, and every output held against what the heads say.
//!
//! What is reasoned about a graph may be wrong; what it does when it runs shows. Whole networks are run on
//! made-up inputs, and what stands behind the embedding on synthetic embeddings of every forgotten class. What
//! is the same in both is computed once.

mod columns;
mod graphs;
mod judge;
mod layout;
mod pair;
mod runs;
mod shared;
mod stimuli;

use std::collections::BTreeSet;

use candle_core::Device;
use declass_formats::Dtype;

use super::{
    models::{Model, expand},
    sample::Sample,
};
use crate::{
    cut::Head,
    evidence::{
        Change, Check, Definition, Execution, Figure, Origin, Outcome, Unjudged, Untouched, UntouchedKind,
    },
    head::{LinearHead, Link, Place, Slot, Ties},
    net::Flow,
    progress::Progress,
    removal::Removal,
    run::{Fault, Network},
};
use columns::Columns;
pub(super) use graphs::Graphs;
use judge::{Expectation, Found};
use pair::Pair;
use runs::Runs;
use shared::Side;

pub(super) static DEFINITION: Definition = Definition {
    id: "executed",
    version: 1,
    number: None,
    formula: "original and copy are run on the same inputs, and what stands behind the embedding on the same \
              embeddings; every output with a number per class must order the classes as the head's logits do, \
              in both, every output with one whole number must stand for the class of the largest logit, and \
              where the slots are final no forgotten class may be on top; where every token or pixel has a row of \
              its own, all of this at each; no output fails that",
    origin: Origin::Synthetic,
    data: "made-up inputs of the types that the graph declares (noise, smooth planes, random indices), and \
           synthetic embeddings of all strata",
    shows: "that the head is the one which the outputs come from, and that nothing behind it gives the class \
            back, on what was run",
    not_shown: "inputs and embeddings that were not run; outputs that are listed as not judged; the order of the \
                classes where the head reads whole numbers; where slots are gone, an index that follows another order \
                than the logits, beyond that nine in ten are the same under their new numbers; runtimes that \
                compute otherwise",
};

/// What there is to hold against each other.
pub(super) struct Subject<'v> {
    pub(super) models: &'v Change<Model<'v>>,
    pub(super) heads: &'v Change<LinearHead>,
    pub(super) sample: &'v Sample,
    pub(super) removal: &'v Removal,
    /// What has the classes and is left as it is.
    pub(super) left: &'v [Untouched],
    /// Stored tensors whose elements differ.
    pub(super) changed: BTreeSet<&'v str>,
    /// What says how both are computed, or why nothing does.
    pub(super) graphs: Result<Graphs, String>,
}

/// Why nothing can be said, or what is wrong.
enum Stop {
    NotExecuted(String),
    Wrong(String),
}

/// What came of running both.
#[derive(Default)]
struct Ran {
    inputs: usize,
    embeddings: usize,
    /// What each output that was run does, by name.
    found: Vec<(String, Found)>,
    /// Outputs that could not be run.
    left_out: Vec<Unjudged>,
    /// Whether no input shall be given a forgotten class any more.
    is_final: bool,
    /// What has a row of its own, where the whole input has none.
    place: Option<Place>,
    /// Why it came to nothing.
    stop: Option<(Outcome, String)>,
}

/// Runs both models, if they are graphs that can be run.
pub(super) fn check(subject: &Subject<'_>, progress: &dyn Progress) -> (Check, Execution) {
    let ran = match execute(subject, progress) {
        Ok(ran) => ran,
        Err(Stop::Wrong(what)) => Ran { stop: Some((Outcome::Failed, what)), ..Ran::default() },
        Err(Stop::NotExecuted(reason)) => {
            Ran { stop: Some((Outcome::Informative, reason)), ..Ran::default() }
        }
    };
    let counts = [("inputs", ran.inputs, "inputs"), ("embeddings", ran.embeddings, "embeddings")];
    let (outcome, summary, mut execution) = ran.verdict();
    if let Ok(graphs) = &subject.graphs {
        (execution.graph, execution.built) = graphs.origin();
    }
    let left = ("not-judged", execution.not_judged.len(), "outputs");
    let figures = counts.into_iter().chain([left]);
    let figures = figures.map(|(quantity, count, unit)| Figure::new(quantity, count as f64, unit)).collect();
    (Check { definition: &DEFINITION, outcome, summary, figures }, execution)
}

fn execute(subject: &Subject<'_>, progress: &dyn Progress) -> Result<Ran, Stop> {
    if subject.removal.executed() == Some(0) {
        return Err(Stop::NotExecuted("it was not asked for".into()));
    }
    let Change { before, after } = subject.models;
    let graphs = subject.graphs.as_ref().map_err(|reason| Stop::NotExecuted(reason.clone()))?;
    let sources = graphs.sources(before.artifact, after.artifact).map_err(Stop::NotExecuted)?;
    let flow = |graph| Flow::new(graph).map_err(|error| Stop::NotExecuted(error.to_string()));
    let flows = Change { before: flow(sources.before.graph())?, after: flow(sources.after.graph())? };
    let sides = Change {
        before: Side { source: sources.before, flow: &flows.before },
        after: Side { source: sources.after, flow: &flows.after },
    };
    let unread = |fault: Fault| Stop::NotExecuted(fault.to_string());
    let network = Network::of(sources.before, &flows.before, Device::Cpu);
    let beside = network.beside(sources.after).map_err(unread)?;
    let networks = Change { before: &network, after: &beside };
    let mut ran = with(subject, sides, networks, &before.cut.head, subject.heads, progress)?;
    // The places of a detector's head are run with it.
    if before.cut.head.position.place() == Some(Place::Box) {
        return Ok(ran);
    }
    // An output that does not follow the main head may follow one beside it, which was changed like it.
    for (head, changed) in before.cut.head.further().zip(after.cut.head.further()) {
        let load =
            |head: &Head, artifact| head.load(artifact).map_err(|error| Stop::NotExecuted(error.to_string()));
        let expanded = expand(load(&changed, after.artifact)?, subject.removal.target());
        let expanded = expanded.map_err(|error| Stop::NotExecuted(error.to_string()))?;
        let heads = Change { before: load(&head, before.artifact)?, after: expanded };
        ran.or(with(subject, sides, networks, &head, &heads, progress)?);
    }
    Ok(ran)
}

/// Runs both and holds the outputs against one head.
fn with(
    subject: &Subject<'_>,
    sides: Change<Side<'_>>,
    networks: Change<&Network<'_>>,
    head: &Head,
    heads: &Change<LinearHead>,
    progress: &dyn Progress,
) -> Result<Ran, Stop> {
    let (pair, left_out) =
        Pair::new(sides, networks, heads, head, &subject.changed).map_err(Stop::NotExecuted)?;
    if pair.outputs.is_empty() {
        let reason = left_out.first().map_or("no output is in both graphs", |first| &first.reason);
        return Err(Stop::NotExecuted(reason.to_owned()));
    }
    let rows = subject.sample.spread(runs::embeddings(&heads.before));
    let runs = Runs::of(&pair, sides.before, &rows, subject.removal, progress)?;
    let removal = subject.removal;
    let labels = subject.models.before.cut.labels.as_ref();
    let mut names = labels.into_iter().flat_map(|labels| labels.names.iter().enumerate()).peekable();
    let expectation = Expectation {
        names_are_numbers: names.peek().is_some() && names.all(|(class, name)| *name == class.to_string()),
        forgotten: removal.forgotten(),
        is_final: removal.target().is_final(),
        is_dropped: removal.slot() == Slot::Drop,
        link: head.link,
        ties: head.ties,
        rounding: rounding(head),
        is_coarse: head.floated.is_some() || head.reads_rounded,
        may_round_equal: !heads.before.has_bias,
        place: head.position.place(),
        lists_best: head.best_given_out().is_some(),
    };
    let columns = Columns::all(head, sides.before.flow);
    let judged = |(at, (name, _)): (usize, &(&str, _))| {
        if let Some(columns) = columns.iter().find(|it| it.output == *name) {
            return ((*name).to_owned(), columns.judge(&expectation, &runs.seen, at));
        }
        // Where the largest of several rates wins, these may round to the same number.
        let may_tie = head.link == Link::OneVsRest || head.merging.iter().any(|it| it == name);
        let ties = if may_tie { Ties::Possible } else { head.ties };
        ((*name).to_owned(), Expectation { ties, ..expectation }.judge(&runs.seen, at))
    };
    let found = pair.outputs.iter().enumerate().map(judged).collect();
    let mut ran = Ran {
        inputs: runs.inputs,
        embeddings: runs.embeddings,
        found,
        left_out,
        is_final: expectation.is_final,
        place: expectation.place,
        stop: None,
    };
    ran.excuse(subject.left);
    Ok(ran)
}

/// What rounding may do to a logit, as a part of the largest.
fn rounding(head: &Head) -> f64 {
    let of = |dtype: Dtype| match dtype {
        Dtype::F64 | Dtype::F32 => 1e-4,
        Dtype::F16 => 5e-3,
        _ => 5e-2,
    };
    head.branches.iter().map(|branch| of(branch.weight.info.dtype)).fold(0.0, f64::max)
}

impl Ran {
    /// Takes what was found with another head, where an output follows that one.
    fn or(&mut self, other: Self) {
        for ((_, mine), (_, found)) in self.found.iter_mut().zip(other.found) {
            if found == Found::Follows || *mine == Found::NotJudged {
                *mine = found;
            }
        }
    }

    /// What is known to be left as it is need not follow the head.
    fn excuse(&mut self, left: &[Untouched]) {
        for (name, found) in &mut self.found {
            let is_listed = left.iter().any(|it| it.kind == UntouchedKind::Output && it.name == *name);
            if is_listed && *found == Found::Apart {
                *found = Found::Unmoved;
            }
        }
    }

    fn verdict(self) -> (Outcome, String, Execution) {
        let mut execution = Execution { not_judged: self.left_out, ..Execution::default() };
        let ran = !self.found.is_empty();
        let mut follow = 0;
        let mut stop = self.stop;
        for (output, found) in self.found {
            let wrong = match found {
                Found::Follows => {
                    follow += 1;
                    continue;
                }
                Found::Unmoved => continue,
                Found::NotJudged => {
                    let reason =
                        "it changes, and is neither a number per class nor the best class".to_owned();
                    execution.not_judged.push(Unjudged { output, reason });
                    continue;
                }
                Found::Apart => "has a number per class, and does not come from the head".to_owned(),
                Found::Wrong(wrong) => wrong,
            };
            stop.get_or_insert((Outcome::Failed, format!("output `{}` {wrong}", output.escape_debug())));
        }
        if ran && follow == 0 {
            stop.get_or_insert((Outcome::Failed, "no output that was run follows the head".to_owned()));
        }
        match stop {
            Some((Outcome::Informative, reason)) => {
                let summary = format!("not executed: {reason}");
                execution.not_executed = Some(reason);
                (Outcome::Informative, summary, execution)
            }
            Some((outcome, what)) => (outcome, what, execution),
            None => {
                let class = if self.is_final { ", and none gives a removed class" } else { "" };
                let place =
                    self.place.map_or_else(String::new, |place| format!(" at every {}", place.name()));
                let summary = format!(
                    "run on {} made-up inputs and {} embeddings: every output that was judged follows the head\
                     {place}{class}",
                    self.inputs, self.embeddings
                );
                (Outcome::Passed, summary, execution)
            }
        }
    }
}

#[cfg(test)]
mod tests;
