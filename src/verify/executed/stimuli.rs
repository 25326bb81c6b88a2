//! Synthetic inputs of the type that a graph asks for: noise at several scales, smooth waves, random tokens.
//!
//! What a graph leaves open (the size of an image, the length of a text) is guessed, and the guess counts if the
//! network runs with it.

use std::{collections::HashMap, f64::consts::TAU};

use declass_formats::{Dtype, onnx::Dim};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::RngCore as _;
use rand_distr::{Distribution as _, StandardNormal};

use crate::{
    net::{
        Flow, Source, ValueId,
        ops::{Kernel, Nature},
    },
    rng::{Address, below},
    run::{Array, Fault, Floats, Value},
};
use candle_core::Device;

/// Extents that are tried in turn where the graph leaves them open: sides of images, lengths of texts, samples
/// of a waveform.
const SIDES: [usize; 8] = [224, 32, 28, 256, 384, 64, 299, 512];
const LENGTHS: [usize; 5] = [16, 128, 32, 8, 512];
const WAVES: [usize; 3] = [16_000, 4_000, 1_024];
/// Inputs that are run together, the first that is no number of classes.
const BATCHES: [usize; 3] = [2, 3, 5];
/// Channels of an image that does not say how many it has.
const CHANNELS: usize = 3;
/// Elements of one input that are still drawn.
const MOST: usize = 1 << 26;
/// Waves that make up a smooth plane.
const COMPONENTS: usize = 12;

/// What one input of the graph takes.
struct Feed<'a> {
    value: ValueId,
    name: &'a str,
    dtype: Dtype,
    dims: &'a [Dim],
    /// One more than the largest index it may hold, if it indexes the rows of a table.
    rows: Option<usize>,
}

/// How open extents are filled in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    attempt: usize,
    /// Inputs that are run together.
    pub(super) batch: usize,
}

/// What the inputs of a graph take.
pub(super) struct Stimuli<'a> {
    feeds: Vec<Feed<'a>>,
    address: Address,
}

impl<'a> Stimuli<'a> {
    /// Reads what the inputs take; streams of random numbers begin at `address`.
    ///
    /// # Errors
    /// In words: the input that cannot be made.
    pub(super) fn of(source: Source<'a>, flow: &Flow<'a>, address: Address) -> Result<Self, String> {
        let graph = flow.graph();
        let is_weight = |name: &str| source.info(name).is_some();
        let inputs = graph.inputs.iter().filter(|input| !is_weight(&input.name));
        let mut feeds = Vec::new();
        for input in inputs {
            let said = format!("input `{}`", input.name);
            let dtype = element(input.elem_type).ok_or_else(|| format!("{said} takes no numbers"))?;
            let dims = input.shape.as_deref().ok_or_else(|| format!("{said} has no declared shape"))?;
            // An input that nothing reads need not be given.
            let Some(value) = flow.id(&input.name) else { continue };
            feeds.push(Feed { value, name: &input.name, dtype, dims, rows: rows(source, flow, value) });
        }
        Ok(Self { feeds, address })
    }

    /// The guesses to be tried in turn: where the graph allows it, several inputs at a time come before one, as many
    /// as there are of nothing else in `counts`, so that axes can be told apart.
    pub(super) fn guesses(&self, counts: [usize; 2]) -> impl Iterator<Item = Guess> {
        let open = |feed: &Feed<'_>| feed.dims.iter().skip(1).any(|dim| fixed(dim).is_none());
        let attempts = if self.feeds.iter().any(open) { SIDES.len() } else { 1 };
        let mut firsts = self.feeds.iter().map(|feed| feed.dims.first().and_then(fixed));
        let first = firsts.next().flatten();
        let batches = match first {
            Some(batch) if firsts.all(|it| it == first) => vec![batch],
            None if firsts.all(|it| it.is_none()) => {
                BATCHES.into_iter().find(|batch| !counts.contains(batch)).into_iter().chain([1]).collect()
            }
            _ => vec![1],
        };
        (0..attempts)
            .flat_map(move |attempt| batches.clone().into_iter().map(move |batch| Guess { attempt, batch }))
    }

    /// The inputs number `index`, the same for the same number.
    ///
    /// # Errors
    /// [`Fault`] for an input that is too large to be made.
    pub(super) fn draw(&self, index: u64, guess: Guess) -> Result<HashMap<ValueId, Value>, Fault> {
        let mut rng = self.address.stream(index);
        let mut drawn = HashMap::new();
        for feed in &self.feeds {
            let shape = feed.shape(guess);
            let elements = shape.iter().try_fold(1_usize, |all, extent| all.checked_mul(*extent));
            let elements = elements.filter(|elements| *elements <= MOST).ok_or_else(|| Fault::Input {
                name: feed.name.to_owned(),
                what: "is too large to be made up".to_owned(),
            })?;
            let value = if feed.dtype.is_float() {
                let numbers = floats(index, &shape, elements, &mut rng);
                Floats::of(numbers, &shape, feed.dtype, &Device::Cpu)?.into()
            } else {
                let whole = feed.whole(elements, &mut rng);
                Array::new(feed.dtype, shape, whole).into()
            };
            drawn.insert(feed.value, value);
        }
        Ok(drawn)
    }
}

impl Feed<'_> {
    fn shape(&self, guess: Guess) -> Vec<usize> {
        let rank = self.dims.len();
        let open = |axis: usize| match (axis, rank, self.dtype.is_float()) {
            (0, ..) => guess.batch,
            (1, 4, true) => CHANNELS,
            (_, 4, _) => nth(&SIDES, guess),
            (_, 2, true) => nth(&WAVES, guess),
            _ => nth(&LENGTHS, guess),
        };
        self.dims.iter().enumerate().map(|(axis, dim)| fixed(dim).unwrap_or_else(|| open(axis))).collect()
    }

    /// Rows of the table that is indexed; grey levels of bytes; otherwise ones, as a mask that hides nothing.
    fn whole(&self, elements: usize, rng: &mut ChaCha8Rng) -> Vec<i64> {
        let bound = match (self.rows, self.dtype) {
            (Some(rows), _) => rows as u64,
            (None, Dtype::U8) => 256,
            _ => return vec![1; elements],
        };
        (0..elements).map(|_| below(bound.max(1), rng) as i64).collect()
    }
}

fn nth(extents: &[usize], guess: Guess) -> usize {
    extents[guess.attempt.min(extents.len() - 1)]
}

fn fixed(dim: &Dim) -> Option<usize> {
    match dim {
        Dim::Fixed(extent) => usize::try_from(*extent).ok().filter(|extent| *extent > 0),
        Dim::Symbolic(_) => None,
    }
}

/// The type of elements by its number in the file, where it is one of numbers.
fn element(number: i32) -> Option<Dtype> {
    crate::net::element_type(i64::from(number)).ok().filter(|dtype| !dtype.is_text())
}

/// How many rows the tables have that a value indexes, however it is cast or reshaped before.
fn rows(source: Source<'_>, flow: &Flow<'_>, value: ValueId) -> Option<usize> {
    let mut pending = vec![(value, 0)];
    let mut fewest: Option<usize> = None;
    while let Some((value, depth)) = pending.pop() {
        for reader in flow.readers(value) {
            let node = flow.node(reader.node);
            let Ok(operator) = flow.op(reader.node).known() else { continue };
            match (operator.kernel, reader.operand) {
                (_, 1) if operator.nature == Nature::LooksUp => {
                    let table = source.info(&node.inputs[0]).and_then(|info| info.shape.first());
                    fewest = fewest.into_iter().chain(table.copied()).min();
                }
                (Kernel::Cast | Kernel::Same | Kernel::Reshape | Kernel::Unsqueeze, 0) if depth < 4 => {
                    pending.extend(node.outputs.iter().filter_map(|name| Some((flow.id(name)?, depth + 1))));
                }
                _ => {}
            }
        }
    }
    fewest
}

/// Noise of three scales, a smooth plane, values between 0 and 1, and one value everywhere, in turn.
fn floats(index: u64, shape: &[usize], elements: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let mut normal = |scale: f64| -> f64 {
        let drawn: f64 = StandardNormal.sample(&mut *rng);
        drawn * scale
    };
    match index % 6 {
        1 => smooth(shape, elements, rng),
        2 => (0..elements).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).collect(),
        3 => (0..elements).map(|_| normal(0.1)).collect(),
        4 => vec![normal(1.0); elements],
        5 => (0..elements).map(|_| normal(5.0)).collect(),
        _ => (0..elements).map(|_| normal(1.0)).collect(),
    }
}

/// Waves over the last two axes with amplitudes that fall with their frequency, as in photographs.
fn smooth(shape: &[usize], elements: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    let width = shape.last().copied().unwrap_or(1).max(1);
    let height = if shape.len() > 2 { shape[shape.len() - 2].max(1) } else { 1 };
    let mut values = Vec::with_capacity(elements);
    while values.len() < elements {
        let waves: Vec<[f64; 4]> = (0..COMPONENTS).map(|_| wave(rng)).collect();
        for place in 0..(height * width).min(elements - values.len()) {
            let (y, x) = ((place / width) as f64 / height as f64, (place % width) as f64 / width as f64);
            let of =
                |[across, down, phase, size]: &[f64; 4]| size * (TAU * (across * x + down * y) + phase).cos();
            values.push(waves.iter().map(of).sum());
        }
    }
    values
}

/// Cycles across and down, phase and amplitude.
fn wave(rng: &mut ChaCha8Rng) -> [f64; 4] {
    let mut unit = || f64::from(rng.next_u32()) / f64::from(u32::MAX);
    let (across, down) = ((unit() * 16.0).floor(), (unit() * 16.0).floor());
    [across, down, unit() * TAU, 1.5 / (1.0 + across + down).sqrt()]
}
