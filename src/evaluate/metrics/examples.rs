//! M8: what a few examples of a removed class find of it, in the features that are left, and in those of a model that never
//! learnt it.

use super::{Measured, TEST, alike::EMBEDDING, percent};
use crate::{
    error::Error,
    evaluate::{
        Products,
        beside::Beside,
        experiment::Experiment,
        few_shot::{EXAMPLES, Seeker, examples_for},
    },
    evidence::{Definition, Figure, Origin},
    rng::{self, Purpose},
    statistics::mean,
};

/// Draws of the examples, each with other inputs to be found.
const DRAWS: u64 = 8;
/// Inputs of a class, and of the others, below which nothing is said: half of them are given, half are judged.
const LEAST: usize = 20;
const LEAST_OTHERS: usize = 100;
/// What the streams are for within [`Purpose::Shots`]: those of `relearning` have kind 0.
const STREAMS: u8 = 1;
/// The streams by which the others are parted.
const OTHERS: u8 = 2;
/// The number of examples, of [`EXAMPLES`], that two models are held against each other at.
const FIVE: usize = 2;

/// What is found with so many examples, and the same of the retrained model.
const QUANTITIES: [[&str; 2]; EXAMPLES.len()] = [
    ["found-with-1", "retrained-found-with-1"],
    ["found-with-2", "retrained-found-with-2"],
    ["found-with-5", "retrained-found-with-5"],
    ["found-with-10", "retrained-found-with-10"],
    ["found-with-20", "retrained-found-with-20"],
    ["found-with-50", "retrained-found-with-50"],
    ["found-with-100", "retrained-found-with-100"],
];

pub(super) static DEFINITION: Definition = Definition {
    id: "few-shot",
    version: 1,
    number: Some("M8"),
    formula: "share of a removed class's inputs whose score passes that of all but 2 % of the retained ones, with k = 1, 2, \
              5, 10, 20, 50, 100 labelled examples: linear discriminant between the mean of the examples and that of half of \
              the retained rows, covariance within these plus a tenth of its mean variance; means of 8 draws and of the \
              removed classes; judged are the other halves; of at most 200 removed and 400 retained rows",
    origin: Origin::UserData,
    data: TEST,
    shows: "with how few examples somebody who holds the file finds the class again in its features; the same before and \
            after, since the encoder is not touched",
    not_shown: "uninterpretable without a retrained reference: a class that was never learnt is found, too, with enough examples",
};

pub(super) static RETRAINED: Definition = Definition {
    id: "retrained-few-shot",
    version: 1,
    number: Some("M8"),
    formula: "`few-shot` in the embedding and in layers of both networks (the mean of their channels over all places), on the \
              same rows and draws; advantage: mean over k of what the release finds more; examples-equivalent: with how many \
              examples the retrained model finds what the release finds with 5 (between numbers of the curve by their \
              logarithm; left out where 100 do not suffice)",
    origin: Origin::UserData,
    data: "the user's test examples, through the original's network, which the copy has too, and through the retrained one",
    shows: "how many examples the file saves whoever looks for the class, layer by layer: what an edit of the head leaves",
    not_shown: "what another training run would give: one retrained model is one draw; the largest of several layers is \
                biased upwards, a network that is worse at everything is worse at this too, and where both find nearly all \
                there is nothing left to tell them apart",
};

pub(super) fn measure(experiment: &Experiment<'_>) -> Result<Measured, Error> {
    let rows = experiment.data.drawn(experiment.pair, experiment.seed).sought;
    let search = match Search::new(experiment, &rows) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(search) => search,
    };
    let Some(curve) = search.curve(&experiment.data.test.products(&rows)?) else {
        return Ok(Measured::NotRun("the retained rows are all the same".into()));
    };
    let figures = curve.iter().zip(QUANTITIES).map(|(found, [own, _])| search.figure(own, *found)).collect();
    let shares: Vec<String> =
        curve.iter().zip(EXAMPLES).map(|(found, k)| format!("{} with {k}", percent(*found))).collect();
    Ok(Measured::Found {
        summary: format!(
            "{} of the removed class's inputs found by examples; uninterpretable without a retrained reference",
            shares.join(", ")
        ),
        figures,
    })
}

pub(super) fn retrained(beside: &Beside<'_>) -> Result<Measured, Error> {
    let experiment = beside.experiment;
    if !experiment.is_labelled() {
        return Ok(Measured::NotRun("it needs labels".into()));
    }
    let rows = match beside.retrained.layers() {
        Some(layers) => layers.rows.sought.clone(),
        None => experiment.data.drawn(experiment.pair, experiment.seed).sought,
    };
    let search = match Search::new(experiment, &rows) {
        Err(reason) => return Ok(Measured::NotRun(reason)),
        Ok(search) => search,
    };
    let embeddings = [experiment.data.test.products(&rows)?, beside.retrained.test().products(&rows)?];
    let named = beside.retrained.layers().map(|layers| layers.layers.as_slice()).unwrap_or_default();
    let named = named.iter().map(|layer| (layer.name.as_str(), &layer.channels));
    let (mut figures, mut found) = (Vec::new(), Vec::new());
    for (name, [own, theirs]) in named.chain([(EMBEDDING, &embeddings)]) {
        let Some((own, theirs)) = search.curve(own).zip(search.curve(theirs)) else { continue };
        let differences: Vec<f64> = own.iter().zip(&theirs).map(|(own, theirs)| own - theirs).collect();
        let layer = Layer { name, advantage: mean(&differences), own, theirs };
        figures.extend(layer.figures(&search));
        found.push(layer);
    }
    match found.last() {
        None => Ok(Measured::NotRun("the features of the retained rows are all the same".into())),
        Some(last) => Ok(Measured::Found { summary: summary(last, &found), figures }),
    }
}

/// What is found in a layer of both models.
struct Layer<'a> {
    name: &'a str,
    own: Vec<f64>,
    theirs: Vec<f64>,
    advantage: f64,
}

impl Layer<'_> {
    fn equivalent(&self) -> Option<f64> {
        self.own.get(FIVE).and_then(|found| examples_for(*found, &self.theirs))
    }

    fn figures(&self, search: &Search) -> Vec<Figure> {
        let curves = self.own.iter().zip(&self.theirs).zip(QUANTITIES);
        let mut figures: Vec<Figure> = curves
            .flat_map(|((own, theirs), [ours, other])| {
                [search.figure(ours, *own), search.figure(other, *theirs)]
            })
            .collect();
        figures.push(Figure::new("advantage", self.advantage, "difference of rates"));
        figures
            .extend(self.equivalent().map(|number| Figure::new("examples-equivalent", number, "examples")));
        figures.into_iter().map(|figure| figure.in_stratum(self.name.to_owned())).collect()
    }
}

fn summary(last: &Layer<'_>, all: &[Layer<'_>]) -> String {
    let mut said = Vec::new();
    if let (Some(own), Some(theirs)) = (last.own.get(FIVE), last.theirs.get(FIVE)) {
        let equivalent = match last.equivalent() {
            Some(number) => format!("as many as there with {number:.1}"),
            None => format!("as many as there with more than {}", EXAMPLES[last.theirs.len() - 1]),
        };
        said.push(format!(
            "{} finds {} of the class's inputs with 5 examples, the retrained model {} ({equivalent})",
            last.name,
            percent(*own),
            percent(*theirs)
        ));
    }
    let advantage = |layer: &Layer<'_>| format!("{:+.2} points at {}", 100.0 * layer.advantage, layer.name);
    said.push(format!("on average {}", advantage(last)));
    let largest = all.iter().max_by(|a, b| a.advantage.total_cmp(&b.advantage));
    if let Some(largest) = largest.filter(|_| all.len() > 1) {
        said.push(format!("the largest of {} layers {}", all.len(), advantage(largest)));
    }
    said.join("; ")
}

/// Who is looked for among whom. Inputs are numbered as in the drawn rows.
struct Search {
    /// Retained inputs that are known, with their classes, and those that are judged.
    known: Vec<usize>,
    classes: Vec<usize>,
    others: Vec<usize>,
    /// Each removed class with its inputs in the order of each draw.
    orders: Vec<Vec<Vec<usize>>>,
}

impl Search {
    /// # Errors
    /// What stands in the way of it: too few rows.
    fn new(experiment: &Experiment<'_>, rows: &[usize]) -> Result<Self, String> {
        let label = |at: &usize| experiment.data.test.labels[rows[*at]];
        let retained: Vec<usize> =
            (0..rows.len()).filter(|at| !experiment.pair.forgotten.contains(label(at))).collect();
        if retained.len() < LEAST_OTHERS {
            return Err(format!("it needs {LEAST_OTHERS} retained rows, and there are {}", retained.len()));
        }
        let retained = drawn(experiment.seed, &retained, rng::index(OTHERS, 0, 0));
        let (known, others) = retained.split_at(retained.len() / 2);
        let mut orders = Vec::new();
        for class in experiment.pair.forgotten.indices() {
            let own: Vec<usize> = (0..rows.len()).filter(|at| label(at) == class).collect();
            if own.len() >= LEAST {
                let order = |draw| drawn(experiment.seed, &own, rng::index(STREAMS, class, draw));
                orders.push((0..DRAWS).map(order).collect());
            }
        }
        if orders.is_empty() {
            return Err(format!("no removed class has {LEAST} of the drawn rows"));
        }
        let classes = known.iter().map(label).collect();
        Ok(Self { known: known.to_vec(), classes, others: others.to_vec(), orders })
    }

    /// What is found with as many examples as all classes have, in the order of [`EXAMPLES`]. None where the retained rows
    /// are all the same.
    fn curve(&self, products: &Products) -> Option<Vec<f64>> {
        let seeker = Seeker::new(products, &self.known, &self.classes)?;
        let fewest = self.orders.iter().map(|draws| draws[0].len() / 2).min()?;
        let found = |examples: usize| {
            let of_order = |order: &Vec<usize>| {
                let (given, judged) = order.split_at(order.len() / 2);
                seeker.found(&given[..examples], judged, &self.others)
            };
            let of_class = |draws: &Vec<Vec<usize>>| mean(&draws.iter().map(of_order).collect::<Vec<_>>());
            mean(&self.orders.iter().map(of_class).collect::<Vec<_>>())
        };
        Some(EXAMPLES.into_iter().take_while(|examples| *examples <= fewest).map(found).collect())
    }

    /// A share of the inputs that are judged in one draw.
    fn figure(&self, quantity: &'static str, value: f64) -> Figure {
        let judged: usize = self.orders.iter().map(|draws| draws[0].len().div_ceil(2)).sum();
        Figure::new(quantity, value, "mean rate of 8 draws").of(judged as u64)
    }
}

/// Some things in an order that is drawn.
fn drawn(seed: u64, of: &[usize], stream: u64) -> Vec<usize> {
    let order = rng::permutation(of.len(), &mut rng::stream(seed, Purpose::Shots, stream));
    order.into_iter().map(|at| of[at as usize]).collect()
}
