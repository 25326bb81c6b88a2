//! Who has a few examples of a class, and plenty of inputs of others, looks for more of it: with how many examples, how
//! many are found.
//!
//! The seeker is linear discriminant analysis: a direction `w = (S + l I)^-1 (e - b)`, with `S` the covariance within
//! the other classes, `e` the mean of the examples, `b` that of the others, and `l` a tenth of the mean variance of the
//! directions there are. It is computed in inner products alone (Woodbury's identity), so that it costs the same for
//! features of any width: with `C` the others less the means of their classes, `m` of them, the score of `x` is, up to a
//! factor, `K(x, e) - K(x, b)` for `K(x, y) = x.y - (Cx)' (CC' + m l I)^-1 (Cy)`.

use super::{Products, cholesky};

/// How many examples the seeker has.
pub(super) const EXAMPLES: [usize; 7] = [1, 2, 5, 10, 20, 50, 100];
/// Share of inputs of other classes that may be taken for the class.
pub(super) const FALSE_POSITIVES: f64 = 0.02;
/// The ridge, as a share of the mean variance.
const RIDGE: f64 = 0.1;

/// Inner products after the directions in which the other classes vary have been made smaller.
pub(super) struct Seeker {
    rows: usize,
    /// `K(x, y)`, row by row.
    values: Vec<f64>,
    /// `K(x, b)` for each row.
    centre: Vec<f64>,
}

impl Seeker {
    /// Learns from inputs of other classes, of which `classes` says the class of each. None where these do not vary.
    pub(super) fn new(products: &Products, others: &[usize], classes: &[usize]) -> Option<Self> {
        let (rows, m) = (products.rows(), others.len());
        // `CX'`: what each input has in common with each of the others, less the mean of that one's class.
        let mut centred: Vec<Vec<f64>> =
            others.iter().map(|&other| (0..rows).map(|row| products.at(other, row)).collect()).collect();
        less_class_means(&mut centred, classes);
        // `CC'`: the same once more, on the other side.
        let mut gram: Vec<Vec<f64>> =
            (0..m).map(|b| centred.iter().map(|row| row[others[b]]).collect()).collect();
        less_class_means(&mut gram, classes);
        let trace: f64 = (0..m).map(|at| gram[at][at]).sum();
        let directions = m.min(products.width()).max(1);
        let ridge = RIDGE * trace / directions as f64;
        if !(ridge.is_finite() && ridge > 0.0) {
            return None;
        }
        (0..m).for_each(|at| gram[at][at] += ridge);
        cholesky::factor(&mut gram)?;
        cholesky::solve_lower(&gram, &mut centred);
        let mut values = products.values().to_vec();
        for solved in &centred {
            for (x, row) in values.chunks_mut(rows).enumerate() {
                row.iter_mut().zip(solved).for_each(|(value, y)| *value -= solved[x] * y);
            }
        }
        let mean = |x: usize| others.iter().map(|&other| values[x * rows + other]).sum::<f64>() / m as f64;
        let centre = (0..rows).map(mean).collect();
        Some(Self { rows, values, centre })
    }

    /// The share of `own` that is found with the examples, where at most [`FALSE_POSITIVES`] of `others` are taken for them.
    pub(super) fn found(&self, examples: &[usize], own: &[usize], others: &[usize]) -> f64 {
        let score = |x: usize| {
            let near: f64 = examples.iter().map(|&example| self.values[x * self.rows + example]).sum();
            near / examples.len() as f64 - self.centre[x]
        };
        let mut scores: Vec<f64> = others.iter().map(|&x| score(x)).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let passed = (FALSE_POSITIVES * others.len() as f64) as usize;
        let threshold = scores.get(passed).copied().unwrap_or(f64::NEG_INFINITY);
        own.iter().filter(|&&x| score(x) > threshold).count() as f64 / own.len() as f64
    }
}

/// Takes the mean of its class from each row.
fn less_class_means(rows: &mut [Vec<f64>], classes: &[usize]) {
    let columns = rows.first().map_or(0, Vec::len);
    let kinds: std::collections::BTreeSet<usize> = classes.iter().copied().collect();
    for kind in kinds {
        let of: Vec<usize> = (0..rows.len()).filter(|&at| classes[at] == kind).collect();
        let mut means = vec![0.0; columns];
        for &at in &of {
            means.iter_mut().zip(&rows[at]).for_each(|(mean, value)| *mean += value / of.len() as f64);
        }
        for at in of {
            rows[at].iter_mut().zip(&means).for_each(|(value, mean)| *value -= mean);
        }
    }
}

/// With how many examples as much is found as `share`, read off a curve over [`EXAMPLES`] between whose points the
/// logarithm of the number is interpolated. None if more would be needed than the curve has.
pub(super) fn examples_for(share: f64, curve: &[f64]) -> Option<f64> {
    let reached = curve.iter().position(|found| *found >= share)?;
    let Some(before) = reached.checked_sub(1) else { return Some(EXAMPLES[0] as f64) };
    let part = (share - curve[before]) / (curve[reached] - curve[before]);
    let [low, high] = [before, reached].map(|at| (EXAMPLES[at] as f64).ln());
    Some((low + part * (high - low)).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_direction_in_which_the_others_vary_says_little() {
        // All spread along the first axis; the class lies a little off along the second. The examples are off along both.
        let features: Vec<Vec<f32>> =
            (0..60).map(|at| vec![(at % 20) as f32 - 9.5, if at < 20 { 4.0 } else { 0.0 }]).collect();
        let products = Products::of(&features.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
        let (others, judged): (Vec<usize>, Vec<usize>) = ((20..40).collect(), (40..60).collect());
        let own: Vec<usize> = (0..20).filter(|at| !(11..14).contains(at)).collect();
        let examples = [11, 12, 13];
        let seeker = Seeker::new(&products, &others, &[0; 20]).unwrap();
        assert!(seeker.found(&examples, &own, &judged) > 0.9);
        // Without what the others are like, the first axis would decide.
        let plain = Products::of(&features.iter().map(|row| &row[..1]).collect::<Vec<_>>()).unwrap();
        let seeker = Seeker::new(&plain, &others, &[0; 20]).unwrap();
        assert!(seeker.found(&examples, &own, &judged) < 0.1);
        assert!(Seeker::new(&Products::of(&[&[1.0], &[1.0]]).unwrap(), &[0, 1], &[0, 0]).is_none());
    }

    #[test]
    fn scores_are_those_of_the_discriminant_itself() {
        let point = |at: usize| [(at as f32 * 1.3).sin(), (at as f32 * 2.1).cos() + 0.2 * (at % 3) as f32];
        let points: Vec<[f32; 2]> = (0..40).map(point).collect();
        let products = Products::of(&points.iter().map(|it| &it[..]).collect::<Vec<_>>()).unwrap();
        let known: Vec<usize> = (0..30).collect();
        let classes: Vec<usize> = known.iter().map(|at| at % 3).collect();
        let seeker = Seeker::new(&products, &known, &classes).unwrap();

        let wide: Vec<[f64; 2]> = points.iter().map(|it| it.map(f64::from)).collect();
        let mean = |of: &[usize]| -> [f64; 2] {
            [0, 1].map(|axis| of.iter().map(|at| wide[*at][axis]).sum::<f64>() / of.len() as f64)
        };
        let [mut xx, mut xy, mut yy] = [0.0; 3];
        for kind in 0..3 {
            let of: Vec<usize> = known.iter().copied().filter(|at| at % 3 == kind).collect();
            let centre = mean(&of);
            for at in of {
                let [x, y] = [wide[at][0] - centre[0], wide[at][1] - centre[1]];
                (xx, xy, yy) = (xx + x * x / 30.0, xy + x * y / 30.0, yy + y * y / 30.0);
            }
        }
        let ridge = 0.1 * (xx + yy) / 2.0;
        (xx, yy) = (xx + ridge, yy + ridge);
        let examples = [30, 31, 32];
        let [example, centre] = [mean(&examples), mean(&known)];
        let [x, y] = [example[0] - centre[0], example[1] - centre[1]];
        let determinant = xx * yy - xy * xy;
        let direction = [(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant];
        for (at, point) in wide.iter().enumerate().skip(33) {
            let expected = ridge * (direction[0] * point[0] + direction[1] * point[1]);
            let near: f64 = examples.iter().map(|it| seeker.values[at * 40 + it]).sum::<f64>() / 3.0;
            assert!((near - seeker.centre[at] - expected).abs() < 1e-9, "{at}");
        }
    }

    #[test]
    fn numbers_of_examples_are_read_off_a_curve() {
        let curve = [0.1, 0.3, 0.5, 0.6, 0.6, 0.7, 0.8];
        assert_eq!(examples_for(0.05, &curve), Some(1.0));
        assert_eq!(examples_for(0.9, &curve), None);
        assert!((examples_for(0.5, &curve).unwrap() - 5.0).abs() < 1e-12);
        let half_way = (2.0_f64 * 5.0).sqrt();
        assert!((examples_for(0.4, &curve).unwrap() - half_way).abs() < 1e-12);
    }
}
