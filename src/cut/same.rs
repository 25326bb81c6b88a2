//! Whether two files have the same head, told by their numbers as they are stored.

use declass_formats::{Artifact, Dtype};

use super::{Branch, Head, Operand, Reader, Source};
use crate::{error::Error, head::Link};

/// How a part of a head is stored, class by class.
struct Stored {
    values: Vec<f64>,
    kind: Kind,
    /// Of real numbers that an edit made of whole ones, what one more was, for each class that is not sealed.
    grid: Option<Vec<Option<f64>>>,
}

enum Kind {
    /// Real numbers of a type.
    Real(Dtype),
    /// Whole numbers, of which one more is so much more, for each class.
    Whole(Vec<f64>),
}

impl Head {
    /// Why the head of another file is not this one, in words; none if it is: each of its numbers is this head's,
    /// rounded to the type that one of the two is stored in, or no more than one step of whole numbers from it. Real
    /// numbers of which only one of the two heads has them on a grid of at most 256 were whole ones before an edit.
    ///
    /// # Errors
    /// As [`Head::load`].
    pub fn apart_from(
        &self,
        artifact: &Artifact,
        other: (&Self, &Artifact),
    ) -> Result<Option<String>, Error> {
        let (twin, file) = other;
        if (self.classes, self.width()) != (twin.classes, twin.width()) {
            let shape = |head: &Self| format!("{} -> {}", head.width(), head.classes);
            return Ok(Some(format!(
                "its head `{}` is {}, this one {}",
                twin.name,
                shape(twin),
                shape(self)
            )));
        }
        if (self.link == Link::Sigmoid) != (twin.link == Link::Sigmoid) {
            return Ok(Some("only in one of the two files are the classes independent of each other".into()));
        }
        let (Some(own), Some(others)) = (self.only_product(), twin.only_product()) else {
            return Ok(Some("what the head makes of its tensors is no plain product in both".into()));
        };
        let parts = match (&own.bias, &others.bias) {
            (None, None) => vec![(&own.weight, &others.weight)],
            (Some(bias), Some(other)) => vec![(&own.weight, &others.weight), (bias, other)],
            _ => return Ok(Some("only one of the two heads has biases".into())),
        };
        for (mine, theirs) in parts {
            let stored = |operand, artifact| Stored::of(operand, artifact, self.classes);
            let (Some(mine), Some(other)) = (stored(mine, artifact)?, stored(theirs, file)?) else {
                return Ok(Some(format!("the numbers of `{}` cannot be compared", theirs.tensor)));
            };
            if let Some(class) = mine.first_apart(&other, self.classes) {
                return Ok(Some(format!("`{}` has other numbers for class {class}", theirs.tensor)));
            }
        }
        Ok(None)
    }

    /// The one product that the logits are, if nothing scales or shifts them.
    fn only_product(&self) -> Option<&Branch> {
        let [branch] = self.branches.as_slice() else { return None };
        let factors = branch.gain.iter().chain(branch.bias.iter().flat_map(|_| &branch.bias_gain));
        let is_plain =
            factors.into_iter().all(|factor| *factor == 1.0) && self.shift.iter().all(|it| *it == 0.0);
        is_plain.then_some(branch)
    }
}

impl Stored {
    /// Nothing if the type of the stored numbers is not read, or they lie otherwise than they are used.
    fn of(operand: &Operand, artifact: &Artifact, classes: usize) -> Result<Option<Self>, Error> {
        if matches!(operand.source, Source::Part { .. }) {
            return Ok(None);
        }
        let order: Vec<usize> = (0..classes).flat_map(|class| operand.row(class, classes)).collect();
        let info = artifact.tensors().get(&operand.tensor);
        let dtype = match (&operand.source, info) {
            (Source::Attribute { .. }, _) | (_, None) => operand.info.dtype,
            (_, Some(info)) => info.dtype,
        };
        if dtype.is_float() {
            let read = operand.read_doubles(artifact)?;
            let values: Vec<f64> = order.iter().map(|at| read[*at]).collect();
            let grid = grid(&values, classes);
            return Ok(Some(Self { values, kind: Kind::Real(dtype), grid }));
        }
        let read = Reader::new(artifact).read(operand)?;
        let values: Vec<f64> = order.iter().map(|at| f64::from(read[*at])).collect();
        let whole = match info.and_then(|info| whole(operand, artifact, info.shape.as_slice()).transpose()) {
            Some(whole) => whole?,
            None => return Ok(None),
        };
        let whole: Vec<i64> = order.iter().map(|at| whole[*at]).collect();
        let steps = steps(&values, &whole, classes);
        Ok(Some(Self { values, kind: Kind::Whole(steps), grid: None }))
    }

    /// The first class whose numbers are not the same in another file.
    fn first_apart(&self, other: &Self, classes: usize) -> Option<usize> {
        let width = self.values.len() / classes.max(1);
        let same = |at: usize| match (&self.kind, &other.kind) {
            (Kind::Real(mine), Kind::Real(theirs)) => {
                let apart = (self.values[at] - other.values[at]).abs();
                match (&self.grid, &other.grid) {
                    // What both files have on grids of their own are two heads, unless they are equal.
                    (Some(steps), None) | (None, Some(steps)) => {
                        let largest = steps.iter().flatten().fold(0.0_f64, |most, step| most.max(*step));
                        // A sealed row is the mean of the others in either file.
                        apart <= steps[at / width].unwrap_or(largest) * (1.0 + 1e-6)
                    }
                    _ => alike((self.values[at], *mine), (other.values[at], *theirs)),
                }
            }
            (mine, theirs) => {
                let step = |kind: &Kind| match kind {
                    Kind::Real(_) => 0.0,
                    Kind::Whole(steps) => steps[at / width],
                };
                // The millionth is for the rounding of the products with the scale.
                (self.values[at] - other.values[at]).abs() <= step(mine).max(step(theirs)) * (1.0 + 1e-6)
            }
        };
        if self.values.len() != other.values.len() {
            return Some(0);
        }
        (0..self.values.len()).find(|at| !same(*at)).map(|at| at / width)
    }
}

/// Whether one number is the other, rounded to the type of either.
#[must_use]
pub fn alike((mine, my_type): (f64, Dtype), (other, other_type): (f64, Dtype)) -> bool {
    let rounded = |number: f64, dtype: Dtype| {
        let data = dtype.encode(&[number])?;
        dtype.decode_f64(&data)?.first().copied()
    };
    mine == other || rounded(mine, other_type) == Some(other) || rounded(other, my_type) == Some(mine)
}

/// The stored whole numbers in the order in which an operand is read.
fn whole(operand: &Operand, artifact: &Artifact, stored: &[usize]) -> Result<Option<Vec<i64>>, Error> {
    let info = artifact.tensor(&operand.tensor)?;
    let Some(numbers) = info.dtype.decode_i64(&artifact.read_tensor(&operand.tensor)?) else {
        return Ok(None);
    };
    let used = operand.info.shape.as_slice();
    Ok(match (stored, used) {
        _ if stored == used => Some(numbers),
        ([columns, rows], [r, c]) if (rows, columns) == (r, c) => {
            Some((0..r * c).map(|at| numbers[(at % c) * r + at / c]).collect())
        }
        _ => None,
    })
}

/// What one more is, for each class: the difference of two of its numbers by that of the whole ones. Classes with
/// one number, or the same one everywhere, have that of zero; where that tells nothing, the largest of the others.
fn steps(values: &[f64], whole: &[i64], classes: usize) -> Vec<f64> {
    let width = values.len() / classes.max(1);
    let step = |class: usize| -> Option<f64> {
        let row = class * width..(class + 1) * width;
        let least = row.clone().min_by_key(|at| whole[*at])?;
        let most = row.max_by_key(|at| whole[*at])?;
        if whole[most] > whole[least] {
            return Some(((values[most] - values[least]) / (whole[most] as f64 - whole[least] as f64)).abs());
        }
        (whole[most] != 0).then(|| (values[most] / whole[most] as f64).abs())
    };
    let found: Vec<Option<f64>> = (0..classes).map(step).collect();
    let largest = found.iter().flatten().fold(0.0, |most: f64, step| most.max(*step));
    found.into_iter().map(|step| step.unwrap_or(largest)).collect()
}

/// The steps of real numbers that are what whole ones of 8 bits become: those of an edited head, whose kept rows lie on
/// a grid. Only rows that are the mean of these, as sealed ones are, may lie elsewhere, and have no step.
fn grid(values: &[f64], classes: usize) -> Option<Vec<Option<f64>>> {
    let width = values.len() / classes.max(1);
    if width < FEWEST {
        return None;
    }
    let rows: Vec<&[f64]> = values.chunks(width).collect();
    let steps: Vec<Option<f64>> = rows.iter().map(|row| grid_step(row)).collect();
    let on_grid: Vec<&[f64]> =
        rows.iter().zip(&steps).filter(|(_, step)| step.is_some()).map(|(row, _)| *row).collect();
    let sealed = rows.iter().zip(&steps).filter(|(_, step)| step.is_none()).map(|(row, _)| *row);
    let holds = 2 * on_grid.len() > rows.len() && sealed.into_iter().all(|row| is_mean(row, &on_grid));
    holds.then_some(steps)
}

/// Whether a row is the mean of others, but for rounding.
fn is_mean(row: &[f64], others: &[&[f64]]) -> bool {
    let largest = others.iter().flat_map(|other| other.iter()).fold(0.0_f64, |most, it| most.max(it.abs()));
    let mean = |at: usize| others.iter().map(|other| other[at]).sum::<f64>() / others.len() as f64;
    row.iter().enumerate().all(|(at, value)| (value - mean(at)).abs() <= 1e-5 * largest)
}

/// The step of a row all of whose numbers are some of at most 256 that are equally far apart.
fn grid_step(row: &[f64]) -> Option<f64> {
    let mut sorted = row.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    // Numbers that are the same but for the last bits are one.
    let blur = (most - least).abs().max(most.abs()) * 1e-6;
    let gaps = sorted.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > blur);
    let step = gaps.min_by(f64::total_cmp)?;
    let count = (most - least) / step;
    let is_on = |value: &f64| {
        let at = (value - least) / step;
        (at - at.round()).abs() < 0.02
    };
    (LEVELS..=255.5).contains(&count).then_some(step).filter(|_| sorted.iter().all(is_on))
}

/// In rows of fewer numbers it would be nothing special to lie on a grid.
const FEWEST: usize = 8;
/// On a coarser grid one step is another number, and not a rounded one.
const LEVELS: f64 = 31.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_in_a_shorter_type_and_no_other() {
        let third = 1.0 / 3.0;
        let short = f64::from(third as f32);
        assert!(alike((short, Dtype::F32), (0.333_251_953_125, Dtype::F16)));
        assert!(alike((0.333_251_953_125, Dtype::F16), (short, Dtype::F32)));
        assert!(alike((third, Dtype::F64), (short, Dtype::F32)));
        assert!(!alike((short, Dtype::F32), (0.333_496_093_75, Dtype::F16)), "the next one");
        assert!(!alike((short, Dtype::F32), (0.333_251_953_125, Dtype::F32)), "of the same type");
    }

    #[test]
    fn numbers_on_a_grid_were_whole_and_others_were_not() {
        let whole = [-128.0, 7.0, 3.0, 0.0, 127.0, -5.0, 6.0, 90.0];
        let row: Vec<f64> = whole.iter().map(|it| f64::from((it * 0.013_f64) as f32)).collect();
        let step = grid_step(&row).unwrap();
        assert!((step - 0.013).abs() < 1e-6, "{step}");
        let real = [0.11, 0.527, -0.31, 0.0017, 0.92, -0.77, 0.338, 0.2];
        assert_eq!(grid_step(&real), None);
        assert_eq!(
            grid_step(&[0.0, 1.0, 2.0, 1.0, 0.0, 2.0, 1.0, 0.0]),
            None,
            "three levels are no rounding"
        );
        // A sealed row among others is their mean; any other row off the grid is a head of its own.
        let turned: Vec<f64> = row.iter().rev().copied().collect();
        let mean: Vec<f64> = row.iter().zip(&turned).map(|(a, b)| (a + b) / 2.0).collect();
        assert!(is_mean(&mean, &[&row, &turned]) && !is_mean(&real, &[&row, &turned]));
        assert!(grid(&[&row[..], &turned, &mean].concat(), 3).is_some());
        assert_eq!(grid(&[&row[..], &turned, &real].concat(), 3), None);
        assert_eq!(grid(&whole[..4], 1), None, "four numbers are no evidence");
    }

    #[test]
    fn a_step_is_what_one_more_makes() {
        let values = [0.5, -0.25, 0.0, 0.75, 0.25, 0.25];
        assert_eq!(steps(&values, &[2, -1, 0, 3, 1, 1], 3), [0.25, 0.25, 0.25]);
        assert_eq!(steps(&[3.0, 0.0], &[6, 0], 2), [0.5, 0.5]);
    }
}
