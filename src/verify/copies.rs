//! Other places of a released file that still hold the row of a forgotten class: a second head that nothing
//! reads, an average over training, weights that another part shares.

use declass_formats::{Artifact, TensorInfo};

use super::models::Model;
use crate::{classes::Forgotten, cut::Branch, error::Error, evidence::Change};

/// Least cosine between two rows that are the same but for rounding or a little more training.
const SAME: f64 = 0.99;

/// A forgotten class's row in a tensor that is no part of the candidate's head.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Copy {
    pub(super) tensor: String,
    pub(super) class: usize,
}

/// Looks through every float tensor of the candidate that has the extents of the original's head, either way
/// round. It is a copy where the row of a forgotten class, and most retained ones, point the way they do in
/// the original's head. One tensor is held at a time, besides the original's weights.
pub(super) fn find(models: &Change<Model<'_>>, forgotten: &Forgotten) -> Result<Vec<Copy>, Error> {
    let Change { before, after } = models;
    let own: Vec<&str> = after.cut.head.branches.iter().map(|branch| branch.weight.tensor.as_str()).collect();
    let mut found = Vec::new();
    for branch in &before.cut.head.branches {
        let alike = |(name, info): &(&String, &TensorInfo)| {
            !own.contains(&name.as_str()) && !layouts(info, forgotten.classes(), branch.width).is_empty()
        };
        let suspects: Vec<_> = after.artifact.tensors().iter().filter(alike).collect();
        if suspects.is_empty() {
            continue;
        }
        let rows = original(before.artifact, branch, forgotten.classes())?;
        for (name, info) in suspects {
            let values = info.dtype.decode(&after.artifact.read_tensor(name)?);
            let Some(values) = values.filter(|values| values.len() == rows.len()) else { continue };
            let classes = layouts(info, forgotten.classes(), branch.width)
                .into_iter()
                .flat_map(|layout| held(&rows, &values, layout, forgotten));
            found.extend(classes.map(|class| Copy { tensor: name.clone(), class }));
        }
    }
    found.dedup();
    Ok(found)
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

/// Cosine of the angle between two vectors; not a number if one of them is zero.
fn cosine(a: &[f32], b: impl Iterator<Item = f32>) -> f64 {
    let (mut product, mut own, mut other) = (0.0, 0.0, 0.0);
    for (&a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a), f64::from(b));
        product += a * b;
        own += a * a;
        other += b * b;
    }
    product / (own * other).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use declass_formats::Dtype;

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
    fn only_extents_of_the_head_are_looked_at() {
        let info = |shape: &[usize]| TensorInfo { dtype: Dtype::F32, shape: shape.to_vec() };
        assert_eq!(layouts(&info(&[3, 2, 1, 1]), 3, 2), [Layout::ByClass]);
        assert_eq!(layouts(&info(&[2, 3]), 3, 2), [Layout::ByFeature]);
        assert_eq!(layouts(&info(&[3, 3]), 3, 3).len(), 2);
        assert_eq!(layouts(&info(&[3]), 3, 1).len() + layouts(&info(&[4, 2]), 3, 2).len(), 0);
    }
}
