//! Heads of any size with a realistic class structure.

use declass::{
    embeddings::Distribution,
    head::LinearHead,
    rng::{Purpose, stream},
};

/// Rows in groups of ten that resemble each other, of norm 1 give or take 10 %, that of class 0 times
/// `length`.
pub(crate) fn head(classes: usize, width: usize, length: f32) -> LinearHead {
    let mut rng = stream(7, Purpose::Training, 0);
    let mut normal = |count: usize| {
        let mut values = vec![0.0f32; count];
        Distribution::Gaussian.fill(&mut rng, &mut values);
        values
    };
    let (own, groups, spread) =
        (normal(classes * width), normal(classes.div_ceil(10) * width), normal(classes));
    let mut weight = Vec::with_capacity(classes * width);
    for class in 0..classes {
        let group = &groups[class / 10 * width..][..width];
        let row: Vec<f32> =
            own[class * width..][..width].iter().zip(group).map(|(own, group)| own + 0.8 * group).collect();
        let norm = row.iter().map(|x| x * x).sum::<f32>().sqrt();
        let wanted = (1.0 + 0.1 * spread[class]).clamp(0.6, 1.4) * if class == 0 { length } else { 1.0 };
        weight.extend(row.into_iter().map(|x| x * wanted / norm));
    }
    let bias = normal(classes).into_iter().map(|x| 0.05 * x).collect();
    LinearHead { classes, width, weight, bias, has_bias: true }
}
