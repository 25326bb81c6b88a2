//! Norms and products of vectors, in double precision and in a fixed order.

/// Euclidean norm, in double precision.
pub(crate) fn norm<T: Copy + Into<f64>>(vector: &[T]) -> f64 {
    dot(vector, vector).sqrt()
}

/// In double precision, with several sums in a fixed order: one sum alone would wait for every addition.
pub(crate) fn dot<A: Copy + Into<f64>, B: Copy + Into<f64>>(a: &[A], b: &[B]) -> f64 {
    const SUMS: usize = 8;
    let (a, a_rest) = a.as_chunks::<SUMS>();
    let (b, b_rest) = b.as_chunks::<SUMS>();
    let mut sums = [0.0f64; SUMS];
    for (a, b) in a.iter().zip(b) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (&a, &b))| *sum += a.into() * b.into());
    }
    let rest = a_rest.iter().zip(b_rest).map(|(&a, &b)| a.into() * b.into());
    sums.into_iter().chain(rest).sum()
}
