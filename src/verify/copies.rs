//! Other places of a released file that still hold the row of a forgotten class: a second head that nothing
//! reads, an average over training, weights that another part shares.

use std::collections::BTreeSet;

use declass_formats::{Artifact, Dtype, TensorInfo};

use super::{
    models::Model,
    windows::{Pattern, SAME, TAPS, cosine},
};
use crate::{classes::Forgotten, cut::Branch, error::Error, evidence::Change};

/// A forgotten class's row in a tensor that is no part of the candidate's head.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Copy {
    pub(super) tensor: String,
    pub(super) class: usize,
}

/// What a search found, and how far it went.
#[derive(Debug, Default)]
pub(super) struct Search {
    pub(super) copies: Vec<Copy>,
    /// Tensors beside the head in which every place was looked at.
    pub(super) searched: usize,
    /// The others: in bodies of a graph, of types that are not read, or too many values to look at them all, or
    /// where rows as short as the head's are found by chance, unless they are exact copies.
    pub(super) left: usize,
}

/// Most products and sums of a search. A two-gigabyte model with one forgotten class takes a quarter.
const BUDGET: u64 = 100_000_000_000;

/// Looks through the candidate's tensors for the rows of the forgotten classes in the original's head: in
/// tensors of the head's extents for rows of any length, where most retained rows are beside it, and in all for
/// rows that chance does not make (short ones only as exact copies), at every place, in steps of one element and of the extents. One tensor is held at
/// a time, the smallest first, besides the original's weights.
pub(super) fn find(models: &Change<Model<'_>>, forgotten: &Forgotten) -> Result<Search, Error> {
    let Change { before, after } = models;
    let own: BTreeSet<&str> =
        after.cut.head.branches.iter().map(|branch| branch.weight.tensor.as_str()).collect();
    let mut tensors: Vec<_> =
        after.artifact.tensors().iter().filter(|(name, _)| !own.contains(name.as_str())).collect();
    tensors.sort_by_key(|(name, info)| (info.elements(), *name));
    let heads = before.cut.head.branches.iter().map(|branch| Wanted::of(before.artifact, branch, forgotten));
    let heads = heads.collect::<Result<Vec<_>, Error>>()?;
    let mut search = Search { left: unseen(after.artifact, &heads), ..Search::default() };
    let mut spent: u64 = 0;
    for (name, info) in tensors {
        if !heads.iter().any(|head| head.may_be_in(info)) {
            continue;
        }
        let strides = strides(info, forgotten);
        let (readings, most) = (readings(info.dtype), most_values(info));
        let costs =
            readings.iter().flat_map(|it| heads.iter().map(|head| head.cost(it.values(info), &strides)));
        let cost = costs.fold(0, u64::saturating_add);
        let looks = spent.saturating_add(cost) <= BUDGET && most <= MOST_VALUES && is_read(info.dtype);
        let mut complete = looks && heads.iter().all(|head| head.is_telling(most, strides.len()));
        if looks || heads.iter().any(|head| !layouts(info, forgotten.classes(), head.width).is_empty()) {
            // As many again for places that look like the row and have to be compared with the whole of it.
            let compared = cost.saturating_add(COMPARED);
            let mut left = compared;
            let data = after.artifact.read_tensor(name)?;
            let strides = if looks { &strides[..] } else { &[] };
            let mut classes = Vec::new();
            // One at a time: each is as large as the tensor, or larger.
            for values in readings.iter().filter_map(|reading| reading.read(info.dtype, &data)) {
                for head in &heads {
                    classes.extend(head.in_layout(info, &values, forgotten));
                    complete &= head.anywhere(&values, strides, &mut left, &mut classes);
                }
            }
            spent = spent.saturating_add(cost).saturating_add(compared - left);
            search.copies.extend(classes.into_iter().map(|class| Copy { tensor: name.clone(), class }));
        }
        *if complete { &mut search.searched } else { &mut search.left } += 1;
    }
    search.copies.sort_by(|a, b| (&a.tensor, a.class).cmp(&(&b.tensor, b.class)));
    search.copies.dedup();
    Ok(search)
}

/// How many tensors that nobody reads could hold a row.
fn unseen(artifact: &Artifact, heads: &[Wanted]) -> usize {
    let could = |info: &&TensorInfo| {
        let most = most_values(info);
        heads.iter().any(|head| head.may_be_in(info) && (most >= head.width || !is_read(info.dtype)))
    };
    artifact.graph().map_or(0, |graph| graph.elsewhere.iter().filter(could).count())
}

/// Elements of whole rows that may be compared with places of any tensor, however small.
const COMPARED: u64 = 1 << 24;
/// Most values that a tensor is read as: as many as a head may have.
const MOST_VALUES: usize = 1 << 28;

/// The rows of one branch of the original's head.
struct Wanted {
    width: usize,
    /// All of them, class by class.
    rows: Vec<f32>,
    /// Those of the forgotten classes that chance does not make.
    patterns: Vec<(usize, Pattern)>,
    /// Whether those are all.
    complete: bool,
}

impl Wanted {
    fn of(artifact: &Artifact, branch: &Branch, forgotten: &Forgotten) -> Result<Self, Error> {
        let rows = original(artifact, branch, forgotten.classes())?;
        let row = |class: usize| &rows[class * branch.width..(class + 1) * branch.width];
        let patterns: Vec<(usize, Pattern)> =
            forgotten.indices().filter_map(|class| Some((class, Pattern::new(row(class))?))).collect();
        let complete = patterns.len() == forgotten.indices().count();
        Ok(Self { width: branch.width, rows, patterns, complete })
    }

    fn may_be_in(&self, info: &TensorInfo) -> bool {
        info.byte_len() >= self.width
    }

    /// Whether no forgotten row is one that a tensor may have by chance.
    fn is_telling(&self, values: usize, strides: usize) -> bool {
        let places = values.saturating_mul(strides);
        self.complete && self.patterns.iter().all(|(_, pattern)| pattern.telling(places) == Some(SAME))
    }

    /// Products and sums that it takes to look at every place.
    fn cost(&self, values: usize, strides: &[usize]) -> u64 {
        let span = |stride: &usize| stride.saturating_mul(self.width.saturating_sub(1));
        let places = strides.iter().map(|stride| values.saturating_sub(span(stride)) as u64);
        let places = places.fold(0, u64::saturating_add);
        (2 * TAPS as u64).saturating_mul(places).saturating_mul(self.patterns.len() as u64)
    }

    fn in_layout(&self, info: &TensorInfo, values: &[f32], forgotten: &Forgotten) -> Vec<usize> {
        if values.len() != self.rows.len() {
            return Vec::new();
        }
        let layouts = layouts(info, forgotten.classes(), self.width).into_iter();
        layouts.flat_map(|layout| held(&self.rows, values, layout, forgotten)).collect()
    }

    /// Adds the classes whose rows are anywhere among the values. Whether there was enough effort `left` to compare
    /// every place that looks like a row.
    fn anywhere(&self, values: &[f32], strides: &[usize], left: &mut u64, classes: &mut Vec<usize>) -> bool {
        let places = values.len().saturating_mul(strides.len());
        for (class, pattern) in &self.patterns {
            let Some(least) = pattern.telling(places) else { continue };
            for stride in strides {
                match pattern.occurs(values, *stride, least, left) {
                    Some(true) => {
                        classes.push(*class);
                        break;
                    }
                    Some(false) => {}
                    None => return false,
                }
            }
        }
        true
    }
}

/// The steps in which a row may lie: along each axis, and, where a tensor is not much larger than the head, with
/// one place per class or per retained class between.
fn strides(info: &TensorInfo, forgotten: &Forgotten) -> Vec<usize> {
    let mut strides = BTreeSet::from([1]);
    let mut inner: usize = 1;
    for extent in info.shape.iter().skip(1).rev() {
        inner = inner.saturating_mul(*extent);
        strides.insert(inner.max(1));
    }
    if info.shape.iter().filter(|extent| **extent != 1).count() == 1 {
        strides.extend([forgotten.classes(), forgotten.retained().count().max(1)]);
    }
    strides.into_iter().take(MOST_STRIDES).collect()
}

const MOST_STRIDES: usize = 6;

fn is_read(dtype: Dtype) -> bool {
    !matches!(dtype, Dtype::Opaque { .. })
}

/// A way to read a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reading {
    /// Its elements as numbers.
    Numbers,
    /// Bytes around their middle, where unsigned ones have their zero.
    Centred,
    /// Its bytes as elements of another type.
    As(Dtype),
}

/// The ways to read a tensor of a type: integers also as what their bytes are in the types that weights come in.
fn readings(dtype: Dtype) -> Vec<Reading> {
    let mut readings = vec![Reading::Numbers];
    if dtype == Dtype::U8 {
        readings.push(Reading::Centred);
    }
    if is_read(dtype) && !dtype.is_float() && dtype != Dtype::Bool {
        readings.extend([Dtype::F32, Dtype::F16, Dtype::Bf16].map(Reading::As));
    }
    readings
}

/// As how many numbers a tensor is read at most.
fn most_values(info: &TensorInfo) -> usize {
    readings(info.dtype).iter().map(|reading| reading.values(info)).max().unwrap_or_default()
}

impl Reading {
    /// How many numbers that makes.
    fn values(self, info: &TensorInfo) -> usize {
        match self {
            Self::Numbers | Self::Centred => info.elements(),
            Self::As(dtype) => info.byte_len() / (dtype.bits() / 8),
        }
    }

    /// The numbers; `None` if the data is none in this way.
    fn read(self, dtype: Dtype, data: &[u8]) -> Option<Vec<f32>> {
        match (self, dtype) {
            (Self::As(other), _) => other.decode(data),
            (Self::Centred, _) => Some(data.iter().map(|byte| f32::from(*byte) - 128.0).collect()),
            (Self::Numbers, Dtype::I8) => {
                Some(data.iter().map(|byte| f32::from(byte.cast_signed())).collect())
            }
            (Self::Numbers, Dtype::U8) => Some(data.iter().map(|byte| f32::from(*byte)).collect()),
            (Self::Numbers, dtype) if dtype.is_float() => dtype.decode(data),
            (Self::Numbers, dtype) => {
                Some(dtype.decode_i64(data)?.into_iter().map(|value| value as f32).collect())
            }
        }
    }
}

/// How the rows of the classes lie in a tensor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Layout {
    /// `[C, D]`.
    ByClass,
    /// `[D, C]`.
    ByFeature,
}

/// Rows that are no longer than this point the same way by chance.
const LEAST_WIDTH: usize = 2;

/// The layouts that a tensor's extents allow, those of 1 aside.
fn layouts(info: &TensorInfo, classes: usize, width: usize) -> Vec<Layout> {
    let extents: Vec<usize> = info.shape.iter().copied().filter(|extent| *extent != 1).collect();
    let fits = [(Layout::ByClass, [classes, width]), (Layout::ByFeature, [width, classes])];
    let possible = info.dtype.is_float() && width >= LEAST_WIDTH;
    fits.into_iter().filter(|(_, shape)| possible && extents == shape).map(|(layout, _)| layout).collect()
}

/// The rows of the original's head as it stores them, class by class.
fn original(artifact: &Artifact, branch: &Branch, classes: usize) -> Result<Vec<f32>, Error> {
    let values = branch.weight.read(artifact)?;
    let element = |at: usize| values.get(at).copied().unwrap_or_default();
    Ok((0..classes).flat_map(|class| branch.weight.row(class, classes).map(element)).collect())
}

/// The forgotten classes whose rows a tensor holds.
fn held(rows: &[f32], values: &[f32], layout: Layout, forgotten: &Forgotten) -> Vec<usize> {
    let classes = forgotten.classes();
    let width = rows.len() / classes;
    let same = |class: &usize| {
        let own = &rows[class * width..(class + 1) * width];
        let other = (0..width).map(|column| match layout {
            Layout::ByClass => values[class * width + column],
            Layout::ByFeature => values[column * classes + class],
        });
        cosine(own, other) >= SAME
    };
    let found: Vec<usize> = forgotten.indices().filter(same).collect();
    if found.is_empty() || 2 * forgotten.retained().filter(same).count() < forgotten.retained().count() {
        return Vec::new();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: [f32; 6] = [1.0, 2.0, -1.0, 0.5, 3.0, 0.0];

    fn forgotten() -> Forgotten {
        Forgotten::resolve(&["1"], 3, None).unwrap()
    }

    #[test]
    fn a_scaled_copy_is_found_either_way_round() {
        let scaled: Vec<f32> = ROWS.iter().map(|x| 0.9 * x + 0.001).collect();
        assert_eq!(held(&ROWS, &scaled, Layout::ByClass, &forgotten()), [1]);
        let transposed = [1.0, -1.0, 3.0, 2.0, 0.5, 0.0];
        assert_eq!(held(&ROWS, &transposed, Layout::ByFeature, &forgotten()), [1]);
        assert_eq!(held(&ROWS, &transposed, Layout::ByClass, &forgotten()), [0; 0]);
    }

    #[test]
    fn a_sealed_row_or_another_head_is_no_copy() {
        let mut sealed = ROWS;
        sealed[2..4].copy_from_slice(&[2.0, 1.0]);
        assert_eq!(held(&ROWS, &sealed, Layout::ByClass, &forgotten()), [0; 0]);
        let other = [-1.0, 2.0, -1.0, 0.5, 0.0, 3.0];
        assert_eq!(held(&ROWS, &other, Layout::ByClass, &forgotten()), [0; 0], "only the forgotten row fits");
        assert_eq!(held(&ROWS, &[0.0; 6], Layout::ByClass, &forgotten()), [0; 0]);
    }

    #[test]
    fn bytes_are_counted_as_often_as_they_are_read() {
        let info = TensorInfo { dtype: Dtype::I64, shape: vec![3] };
        let data: Vec<u8> = [1_i64, -2, 3].iter().flat_map(|value| value.to_le_bytes()).collect();
        let read = |reading: &Reading| reading.read(info.dtype, &data).unwrap().len();
        let counts: Vec<usize> = readings(info.dtype).iter().map(read).collect();
        assert_eq!(counts, [3, 6, 12, 12]);
        assert!(readings(info.dtype).iter().map(|it| it.values(&info)).eq(counts));
        assert_eq!(most_values(&info), 12);
        assert_eq!(readings(Dtype::F64), [Reading::Numbers]);
    }

    #[test]
    fn only_extents_of_the_head_are_looked_at() {
        let info = |shape: &[usize]| TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() };
        assert_eq!(layouts(&info(&[3, 2, 1, 1]), 3, 2), [Layout::ByClass]);
        assert_eq!(layouts(&info(&[2, 3]), 3, 2), [Layout::ByFeature]);
        assert_eq!(layouts(&info(&[3, 3]), 3, 3).len(), 2);
        assert_eq!(strides(&info(&[2, 3, 8]), &forgotten()), [1, 8, 24]);
        assert_eq!(strides(&info(&[24]), &forgotten()), [1, 2, 3]);
        assert_eq!(layouts(&info(&[3]), 3, 1).len() + layouts(&info(&[4, 2]), 3, 2).len(), 0);
    }
}
