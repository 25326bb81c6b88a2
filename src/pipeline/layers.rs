//! Two networks on the same examples, layer by layer: what each makes of them at values that everything passes through.

use std::collections::{BTreeSet, HashMap};

use declass_formats::Artifact;

use super::{
    encode::{Encoding, Ready},
    wired::{Wired, failed},
};
use crate::{
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::{Drawn, Layer, Products},
    inputs::Inputs,
    net::{Flow, ValueId},
    progress::{Progress, Step},
    run::Value,
};

/// Numbers of one network's layers that are held at a time: a gigabyte.
const NUMBERS: usize = 1 << 28;
/// Examples that are run before their features are put away.
const AT_ONCE: usize = 16;

/// A model that examples are run through, layer by layer.
#[derive(Clone, Copy, Debug)]
pub struct Layered<'a> {
    /// The examples, and how they are read.
    pub encoding: &'a Encoding<'a>,
    /// Number and names of the classes that the examples are of.
    pub classes: (usize, Option<&'a Labels>),
    /// The model.
    pub model: &'a Artifact,
    /// Its head.
    pub cut: &'a Cut,
}

/// Layers that two networks have in common, with the inner products of what each makes of the examples; none if their
/// graphs have other layers. `names` are those of the examples of [`Drawn::sought`], in its order.
///
/// Layers are values that everything passes through on its way to the input of the head, one behind each operator with
/// weights; of these at most `most`, evenly spaced. They are the same where both graphs call them the same, all of them.
/// The examples go by their names, in the order of the list.
///
/// # Errors
/// As [`Encoding::run`]; [`Error::Run`] if an example is not there any more.
pub fn common_layers(
    [own, other]: [Layered<'_>; 2],
    (rows, names): (&Drawn, &[String]),
    most: usize,
    progress: &dyn Progress,
) -> Result<Vec<Layer>, Error> {
    let layers = own.layers()?;
    if most == 0 || names.is_empty() || layers != other.layers()? {
        return Ok(Vec::new());
    }
    let layers = spaced(layers, most);
    let examples: Vec<Sought<'_>> = rows
        .sought
        .iter()
        .zip(names)
        .map(|(row, name)| Sought { name, is_whole: rows.whole.binary_search(row).is_ok() })
        .collect();
    let [own, other] =
        [own.features(&layers, &examples, progress)?, other.features(&layers, &examples, progress)?];
    let both = own.into_iter().zip(other).zip(layers);
    let layer = |((own, other), name): ((Option<[Products; 2]>, _), String)| {
        let ([whole, channels], [other_whole, other_channels]): (_, [Products; 2]) = (own?, other?);
        Some(Layer { name, whole: [whole, other_whole], channels: [channels, other_channels] })
    };
    Ok(both.filter_map(layer).collect())
}

/// An example, and whether all numbers of its layers are wanted.
struct Sought<'a> {
    name: &'a str,
    is_whole: bool,
}

impl Layered<'_> {
    /// Names of all layers, from the inputs on; none where the head reads several embeddings.
    fn layers(&self) -> Result<Vec<String>, Error> {
        let wired = Wired::of(self.model, self.cut, self.encoding.graph)?;
        let source = wired.source(self.model)?;
        let flow = Flow::new(source.graph())?;
        Ok(match wired.embeddings(source, &flow, self.cut)?[..] {
            [(embedding, _)] => layers(&flow, embedding),
            _ => Vec::new(),
        })
    }

    /// The inner products of the examples at each layer, of all numbers and of the channels; none for one that does not fit
    /// into memory, or whose shapes are of different rank.
    fn features(
        &self,
        layers: &[String],
        sought: &[Sought<'_>],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<[Products; 2]>>, Error> {
        let Self { encoding, classes, model, cut } = self;
        encoding.ready(*classes, model, cut, |ready| {
            let places = places(&ready, sought.iter().map(|it| it.name))?;
            let whole = places.iter().zip(sought).filter(|(_, it)| it.is_whole).map(|(place, _)| *place);
            let whole: BTreeSet<usize> = whole.collect();
            let missing = || failed("a layer is no value of the graph".into());
            let value = |name: &String| ready.encoder.network.value(name).ok_or_else(missing);
            let values = layers.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            let sizes = collect(&ready, (&places[..1], &BTreeSet::from([places[0]])), &values, progress)?
                .iter()
                .map(Features::numbers)
                .collect::<Vec<_>>();
            let mut found: Vec<Option<[Products; 2]>> = vec![None; values.len()];
            for pass in passes(&sizes, NUMBERS / whole.len().max(1)) {
                progress.begin(Step::Encoding, places.len() as u64);
                let wanted: Vec<ValueId> = pass.iter().map(|at| values[*at]).collect();
                for (at, features) in
                    pass.into_iter().zip(collect(&ready, (&places, &whole), &wanted, progress)?)
                {
                    found[at] = features.products(whole.len(), places.len())?;
                }
                progress.end(Step::Encoding);
            }
            Ok(found)
        })
    }
}

/// What everything passes through before it is the input of the head, behind each operator with weights once.
fn layers(flow: &Flow<'_>, embedding: ValueId) -> Vec<String> {
    // What nothing was done to yet, and the embedding itself, are no layers.
    let is_inner = |value: ValueId| value != embedding && flow.producer(value).is_some();
    let mut found: Vec<_> = flow.dominators(embedding).into_iter().filter(|it| is_inner(it.value)).collect();
    found.dedup_by_key(|point| point.weighted_after);
    found.into_iter().rev().map(|point| flow.name(point.value).to_owned()).collect()
}

/// At most so many of them, evenly spaced, the first and the last among them.
fn spaced(all: Vec<String>, most: usize) -> Vec<String> {
    let (last, gaps) = (all.len().saturating_sub(1), most.saturating_sub(1).max(1));
    let is_taken = |at: usize| (0..most).any(|step| (step * last + gaps / 2) / gaps == at);
    let is_few = all.len() <= most;
    all.into_iter().enumerate().filter(|(at, _)| is_few || is_taken(*at)).map(|(_, name)| name).collect()
}

/// The places of examples in the list, by their names, in ascending order.
fn places<'a>(ready: &Ready<'_>, names: impl Iterator<Item = &'a str>) -> Result<Vec<usize>, Error> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (place, example) in ready.examples.list().iter().enumerate() {
        known.entry(&example.id).or_insert(place);
    }
    let place = |name: &str| {
        let missing = || failed(format!("the example `{}` is not there any more", name.escape_debug()));
        known.get(name).copied().ok_or_else(missing)
    };
    names.map(place).collect()
}

/// Layers that are held at a time, by the numbers that each has of an example; those that never fit are in none.
fn passes(sizes: &[usize], most: usize) -> Vec<Vec<usize>> {
    let mut passes: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, &size) in sizes.iter().enumerate().filter(|(_, size)| **size <= most) {
        match passes.last_mut().filter(|(sum, _)| sum + size <= most) {
            Some((sum, pass)) => {
                *sum += size;
                pass.push(at);
            }
            None => passes.push((size, vec![at])),
        }
    }
    passes.into_iter().map(|(_, pass)| pass).collect()
}

/// What the network makes of some examples at some values, with all numbers of some of them.
fn collect(
    ready: &Ready<'_>,
    (places, whole): (&[usize], &BTreeSet<usize>),
    wanted: &[ValueId],
    progress: &dyn Progress,
) -> Result<Vec<Features>, Error> {
    let numbers = |value: &Value| -> Result<(Vec<usize>, Vec<f32>), Error> {
        let numbers = value.numbers().map_err(|fault| failed(fault.to_string()))?;
        Ok((value.shape().to_vec(), numbers.into_iter().map(|number| number as f32).collect()))
    };
    let of = |inputs: Inputs| -> Result<Vec<_>, Error> {
        ready.encoder.values(&inputs, wanted)?.iter().map(numbers).collect()
    };
    let mut all: Vec<Features> = wanted.iter().map(|_| Features::default()).collect();
    let mut chunks = ready.examples.chunks_of(places.to_vec(), ready.preparation.as_ref(), AT_ONCE);
    while let Some(chunk) = chunks.next_through(|_, inputs| of(inputs)) {
        for (place, values) in chunk?.inputs {
            progress.advance(Step::Encoding, 1);
            let is_whole = whole.contains(&place);
            for (features, (shape, row)) in all.iter_mut().zip(values?) {
                features.channels.push(channels(&shape, &row));
                if is_whole {
                    features.push(shape, row);
                }
            }
        }
    }
    Ok(all)
}

/// What a layer has of every example: all its numbers, and their mean over an axis that is not equally long for all.
#[derive(Default)]
struct Features {
    /// Extents; 1 along axes whose mean is taken.
    shape: Vec<usize>,
    is_mean: Vec<bool>,
    rows: Vec<Vec<f32>>,
    /// The channels of every example, and of more examples.
    channels: Vec<Vec<f32>>,
    /// Whether the examples have different numbers of axes.
    is_mixed: bool,
}

impl Features {
    fn numbers(&self) -> usize {
        self.shape.iter().product()
    }

    fn push(&mut self, shape: Vec<usize>, row: Vec<f32>) {
        if self.rows.is_empty() && !self.is_mixed {
            (self.is_mean, self.shape) = (vec![false; shape.len()], shape.clone());
        }
        self.is_mixed |= shape.len() != self.shape.len();
        if self.is_mixed {
            return self.rows.clear();
        }
        for (axis, extent) in shape.iter().enumerate() {
            if !self.is_mean[axis] && *extent != self.shape[axis] {
                let others = &self.shape;
                self.rows.iter_mut().for_each(|row| *row = mean_over(others, axis, row));
                (self.shape[axis], self.is_mean[axis]) = (1, true);
            }
        }
        let (mut left, mut row) = (shape, row);
        for axis in (0..left.len()).filter(|axis| self.is_mean[*axis]) {
            row = mean_over(&left, axis, &row);
            left[axis] = 1;
        }
        self.rows.push(row);
    }

    /// Inner products of all numbers, and of the channels; none if it is not so many examples.
    fn products(&self, whole: usize, all: usize) -> Result<Option<[Products; 2]>, Error> {
        let width = self.channels.first().map(Vec::len);
        let is_complete = self.rows.len() == whole && self.channels.len() == all;
        if !is_complete || self.channels.iter().any(|row| Some(row.len()) != width) {
            return Ok(None);
        }
        let of = |rows: &[Vec<f32>]| Products::of(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        Ok(Some([of(&self.rows)?, of(&self.channels)?]))
    }
}

/// The mean of every channel over all places: of a map, `[N, C, H, W]` or, where its second and third extent are the same
/// and the last is another, `[N, H, W, C]`; of a sequence, `[N, L, D]`. Everything else is channels.
fn channels(shape: &[usize], values: &[f32]) -> Vec<f32> {
    match *shape {
        [_, height, width, channels] if height == width && channels != width => {
            mean_over(&[shape[0], height * width, channels], 1, values)
        }
        [_, channels, height, width] => mean_over(&[shape[0], channels, height * width], 2, values),
        [_, _, _] => mean_over(shape, 1, values),
        _ => values.to_vec(),
    }
}

/// The mean of an array over one of its axes.
fn mean_over(shape: &[usize], axis: usize, values: &[f32]) -> Vec<f32> {
    let (extent, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>().max(1));
    let mut means = Vec::with_capacity(values.len() / extent.max(1));
    for block in values.chunks((extent * inner).max(1)) {
        let sums =
            (0..inner).map(|at| block.iter().skip(at).step_by(inner).map(|&x| f64::from(x)).sum::<f64>());
        means.extend(sums.map(|sum| (sum / extent as f64) as f32));
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_that_are_not_equally_long_are_averaged_and_others_kept() {
        let mut features = Features::default();
        features.push(vec![1, 2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        assert_eq!((features.numbers(), &features.rows[0]), (4, &vec![1.0, 2.0, 3.0, 4.0]));
        features.push(vec![1, 3, 2], vec![1.0, 0.0, 1.0, 0.0, 4.0, 3.0]);
        features.push(vec![1, 2, 2], vec![0.0, 0.0, 2.0, 6.0]);
        assert_eq!(features.rows, [[2.0, 3.0], [2.0, 1.0], [1.0, 3.0]]);
        features.push(vec![2, 2], vec![0.0; 4]);
        assert!(features.products(4, 0).unwrap().is_none(), "other axes have nothing in common");
    }

    #[test]
    fn channels_are_means_over_places() {
        let values: Vec<f32> = (0..12).map(|at| at as f32).collect();
        assert_eq!(channels(&[1, 3, 2, 2], &values), [1.5, 5.5, 9.5]);
        assert_eq!(channels(&[1, 2, 2, 3], &values), [4.5, 5.5, 6.5]);
        assert_eq!(channels(&[1, 4, 3], &values), [4.5, 5.5, 6.5]);
        assert_eq!(channels(&[1, 12], &values), values);
    }

    #[test]
    fn layers_are_spaced_and_fit_together_into_memory() {
        let names = |n: usize| (0..n).map(|at| at.to_string()).collect::<Vec<_>>();
        assert_eq!(spaced(names(10), 4), ["0", "3", "6", "9"]);
        assert_eq!(spaced(names(3), 8), ["0", "1", "2"]);
        assert_eq!(spaced(names(5), 1), ["0"]);
        assert_eq!(spaced(names(100), 8).len(), 8);
        assert_eq!(passes(&[5, 4, 20, 3, 7], 10), [vec![0, 1], vec![3, 4]]);
    }
}
