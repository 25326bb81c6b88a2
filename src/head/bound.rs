//! What is certain of every embedding that a head reads.

/// A guarantee about the embedding that the head reads.
#[derive(Clone, Debug, PartialEq)]
pub enum Bound {
    /// No entry is negative.
    NonNegative {
        /// What makes it so.
        reason: String,
    },
    /// Its norm is at most this.
    Norm {
        /// The largest norm.
        most: f64,
        /// What makes it so.
        reason: String,
    },
}

impl Bound {
    /// Behind a layer normalisation with scale `γ` and shift `β`: the normalised vector has norm at most
    /// `√D`, so the result is at most `√D·max|γ| + |β|`. Picking one token or averaging several keeps that,
    /// since a ball is convex.
    pub(crate) fn layer_norm(scale: &[f64], shift: &[f64], name: &str) -> Option<Self> {
        let largest = scale.iter().fold(0.0f64, |most, x| most.max(x.abs()));
        let most = (scale.len() as f64).sqrt() * largest + shift.iter().map(|x| x * x).sum::<f64>().sqrt();
        let known = !scale.is_empty() && scale.iter().chain(shift).all(|x| x.is_finite());
        known.then(|| Self::Norm { most, reason: format!("layer normalisation `{name}`") })
    }
}
