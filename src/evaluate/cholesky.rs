//! Cholesky's factor of a symmetric, positive definite matrix, in place.

/// Puts the lower triangle `L` of `L L' = A` in the place of that of `A`, which is square. None if `A` is not positive
/// definite as far as its numbers tell.
pub(super) fn factor(matrix: &mut [Vec<f64>]) -> Option<()> {
    for at in 0..matrix.len() {
        let (done, rest) = matrix.split_at_mut(at);
        let row = &mut rest[0];
        for column in 0..at {
            let other = &done[column];
            let sum: f64 = row[..column].iter().zip(&other[..column]).map(|(a, b)| a * b).sum();
            row[column] = (row[column] - sum) / other[column];
        }
        let square = row[at] - row[..at].iter().map(|x| x * x).sum::<f64>();
        row[at] = (square > 0.0).then(|| square.sqrt())?;
    }
    Some(())
}

/// Puts `L^-1 B` in the place of `B`, whose rows go with those of `L`.
pub(super) fn solve_lower(lower: &[Vec<f64>], rows: &mut [Vec<f64>]) {
    for (at, factors) in lower.iter().enumerate() {
        let (done, rest) = rows.split_at_mut(at);
        let row = &mut rest[0];
        for (solved, factor) in done.iter().zip(factors) {
            row.iter_mut().zip(solved).for_each(|(value, solved)| *value -= factor * solved);
        }
        row.iter_mut().for_each(|value| *value /= factors[at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_taken_apart_and_one_that_is_not_positive_refused() {
        // [[4, 2], [2, 5]] is [[2, 0], [1, 2]] times its transpose.
        let mut matrix = vec![vec![4.0, 2.0], vec![2.0, 5.0]];
        factor(&mut matrix).unwrap();
        assert_eq!((matrix[0][0], &matrix[1][..]), (2.0, &[1.0, 2.0][..]));
        let mut rows = vec![vec![2.0, 4.0], vec![5.0, 0.0]];
        solve_lower(&matrix, &mut rows);
        assert_eq!(rows, [[1.0, 2.0], [2.0, -1.0]]);
        assert!(factor(&mut [vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
        assert!(factor(&mut [vec![f64::NAN]]).is_none());
    }
}
