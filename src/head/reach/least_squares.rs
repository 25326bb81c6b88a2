//! Non-negative least squares by active sets (Lawson and Hanson), on products only.

/// The `u >= 0` that minimises `uᵀK u / 2 - levels·u`, as places and values of what is not zero. `gram` gives
/// a column of `K`; at most about three times `rank` steps are made.
pub(super) fn solve(levels: &[f64], rank: usize, gram: impl Fn(usize) -> Vec<f64>) -> Vec<(usize, f64)> {
    let scale = levels.iter().fold(0.0f64, |most, h| most.max(h.abs())).max(f64::MIN_POSITIVE);
    let mut passive = Passive::default();
    let mut banned = vec![false; levels.len()];
    // Each round adds one constraint; the bound is generous and only there so that rounding cannot loop.
    for _ in 0..3 * rank + 50 {
        let gradient = passive.gradient(levels);
        let free = |i: &usize| !banned[*i] && !passive.members.contains(i);
        let steepest = (0..gradient.len()).filter(free).max_by(|&a, &b| gradient[a].total_cmp(&gradient[b]));
        let Some(next) = steepest.filter(|&i| gradient[i] > 1e-11 * scale) else { break };
        if !passive.push(next, gram(next)) {
            // It depends on those already there, up to rounding.
            banned[next] = true;
            continue;
        }
        passive.settle(levels);
    }
    passive.members.into_iter().zip(passive.values).filter(|(_, u)| *u > 0.0).collect()
}

/// The constraints that hold the solution, with the Cholesky factor of their Gram matrix.
#[derive(Default)]
struct Passive {
    members: Vec<usize>,
    values: Vec<f64>,
    grams: Vec<Vec<f64>>,
    factor: Vec<Vec<f64>>,
}

impl Passive {
    /// `levels - K u`.
    fn gradient(&self, levels: &[f64]) -> Vec<f64> {
        let mut gradient = levels.to_vec();
        for (column, u) in self.grams.iter().zip(&self.values) {
            gradient.iter_mut().zip(column).for_each(|(g, k)| *g -= u * k);
        }
        gradient
    }

    /// Adds a constraint, unless it depends on the others.
    fn push(&mut self, member: usize, gram: Vec<f64>) -> bool {
        let mut row: Vec<f64> = Vec::with_capacity(self.members.len() + 1);
        for (other, factor) in self.members.iter().zip(&self.factor) {
            let known: f64 = row.iter().zip(factor).map(|(a, b)| a * b).sum();
            row.push((gram[*other] - known) / factor[row.len()]);
        }
        let rest = gram[member] - row.iter().map(|x| x * x).sum::<f64>();
        if rest <= 1e-13 * gram[member] {
            return false;
        }
        row.push(rest.sqrt());
        self.members.push(member);
        self.values.push(0.0);
        self.grams.push(gram);
        self.factor.push(row);
        true
    }

    /// Moves to the least-squares solution over the members, dropping those that would become negative on the
    /// way.
    fn settle(&mut self, levels: &[f64]) {
        while !self.members.is_empty() {
            let target = self.least_squares(levels);
            let step =
                |(&value, &target): (&f64, &f64)| if target <= 0.0 { value / (value - target) } else { 1.0 };
            let steps: Vec<f64> = self.values.iter().zip(&target).map(step).collect();
            let shortest = steps.iter().copied().fold(1.0, f64::min);
            if target.iter().all(|&u| u > 0.0) {
                self.values = target;
                return;
            }
            self.values.iter_mut().zip(&target).for_each(|(u, t)| *u += shortest * (t - *u));
            let stays: Vec<bool> =
                steps.iter().zip(&target).map(|(s, t)| *t > 0.0 || *s > shortest).collect();
            self.keep(&stays);
        }
    }

    fn keep(&mut self, stays: &[bool]) {
        let old = std::mem::take(self);
        let rows = old.members.into_iter().zip(old.values).zip(old.grams);
        for (((member, value), gram), _) in rows.zip(stays).filter(|(_, stays)| **stays) {
            if self.push(member, gram) {
                *self.values.last_mut().unwrap_or(&mut 0.0) = value;
            }
        }
    }

    /// Solves `K x = h` over the members by the factor.
    fn least_squares(&self, levels: &[f64]) -> Vec<f64> {
        let n = self.members.len();
        let mut x: Vec<f64> = Vec::with_capacity(n);
        for (&member, row) in self.members.iter().zip(&self.factor) {
            let known: f64 = row.iter().zip(&x).map(|(a, b)| a * b).sum();
            x.push((levels[member] - known) / row[x.len()]);
        }
        for i in (0..n).rev() {
            let known: f64 = (i + 1..n).map(|j| self.factor[j][i] * x[j]).sum();
            x[i] = (x[i] - known) / self.factor[i][i];
        }
        x
    }
}
