//! Two networks on the same examples, layer by layer: what each makes of them at values that everything passes through.

use std::collections::HashMap;

use declass_formats::Artifact;

use super::{
    encode::{Encoding, Ready},
    wired::{Wired, failed},
};
use crate::{
    classes::Labels,
    cut::Cut,
    error::Error,
    evaluate::Products,
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
/// graphs have other layers.
///
/// Layers are values that everything passes through on its way to the input of the head, one behind each operator with
/// weights; of these at most `most`, evenly spaced. They are the same where both graphs call them the same, all of them.
/// The examples go by their names, in the order of the list.
///
/// # Errors
/// As [`Encoding::run`]; [`Error::Run`] if an example is not there any more.
pub fn common_layers(
    [own, other]: [Layered<'_>; 2],
    names: &[String],
    most: usize,
    progress: &dyn Progress,
) -> Result<Vec<(String, [Products; 2])>, Error> {
    let layers = own.layers()?;
    if most == 0 || names.is_empty() || layers != other.layers()? {
        return Ok(Vec::new());
    }
    let layers = spaced(layers, most);
    let [own, other] = [own.features(&layers, names, progress)?, other.features(&layers, names, progress)?];
    let both = own.into_iter().zip(other).zip(layers);
    Ok(both.filter_map(|((own, other), name)| Some((name, [own?, other?]))).collect())
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

    /// The inner products of the examples at each layer; none for one that does not fit into memory, or whose shapes are
    /// of different rank.
    fn features(
        &self,
        layers: &[String],
        names: &[String],
        progress: &dyn Progress,
    ) -> Result<Vec<Option<Products>>, Error> {
        let Self { encoding, classes, model, cut } = self;
        encoding.ready(*classes, model, cut, |ready| {
            let places = places(&ready, names)?;
            let missing = || failed("a layer is no value of the graph".into());
            let value = |name: &String| ready.encoder.network.value(name).ok_or_else(missing);
            let values = layers.iter().map(value).collect::<Result<Vec<_>, _>>()?;
            let sizes = collect(&ready, &places[..1], &values, progress)?
                .iter()
                .map(Features::numbers)
                .collect::<Vec<_>>();
            let mut found: Vec<Option<Products>> = vec![None; values.len()];
            for pass in passes(&sizes, NUMBERS / places.len()) {
                progress.begin(Step::Encoding, places.len() as u64);
                let wanted: Vec<ValueId> = pass.iter().map(|at| values[*at]).collect();
                for (at, features) in pass.into_iter().zip(collect(&ready, &places, &wanted, progress)?) {
                    found[at] = features.products(places.len())?;
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
fn places(ready: &Ready<'_>, names: &[String]) -> Result<Vec<usize>, Error> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (place, example) in ready.examples.list().iter().enumerate() {
        known.entry(&example.id).or_insert(place);
    }
    let place = |name: &String| {
        let missing = || failed(format!("the example `{}` is not there any more", name.escape_debug()));
        known.get(name.as_str()).copied().ok_or_else(missing)
    };
    names.iter().map(place).collect()
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

/// What the network makes of some examples at some values.
fn collect(
    ready: &Ready<'_>,
    places: &[usize],
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
        for (_, values) in chunk?.inputs {
            progress.advance(Step::Encoding, 1);
            all.iter_mut().zip(values?).for_each(|(features, (shape, row))| features.push(shape, row));
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

    fn products(&self, expected: usize) -> Result<Option<Products>, Error> {
        if self.rows.len() != expected {
            return Ok(None);
        }
        Products::of(&self.rows.iter().map(Vec::as_slice).collect::<Vec<_>>()).map(Some)
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
        assert!(features.products(4).unwrap().is_none(), "other axes have nothing in common");
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
