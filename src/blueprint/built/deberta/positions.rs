//! How far two tokens are from each other, as rows of a table.

use super::super::{
    layers::long,
    maker::Maker,
    settings::{Made, Settings},
};
use crate::net::ops::nodes::{self, Plain};

/// Distances that are still looked up; further ones are an error of the run.
const FURTHEST: usize = 4096;

/// Places that a table of distances is still made for.
const MOST_PLACES: usize = 1 << 16;

/// The table of distances, and which of its rows each pair of tokens reads.
pub(super) struct Positions {
    /// `[1, rows, width]`, normalised if the configuration says so.
    pub(super) table: String,
    /// Rows for tokens that agree with places, and for places that agree with tokens: `[L, L]`.
    pub(super) indices: [String; 2],
}

impl Positions {
    /// Those of a configuration; none if it has no distances.
    pub(super) fn read(
        settings: Settings<'_>,
        maker: &mut Maker<'_>,
        ids: &str,
        width: usize,
        epsilon: f64,
    ) -> Made<Option<Self>> {
        let norms = settings.text("norm_rel_ebd", "none")?.to_lowercase();
        let is_normed = match norms.as_str() {
            "none" => false,
            "layer_norm" => true,
            other => return Err(format!("norm_rel_ebd `{}` is not built", other.escape_debug())),
        };
        let norm = "deberta.encoder.LayerNorm";
        if !settings.flag("relative_attention", false)? {
            maker.ignore(|name| {
                is_normed && name.strip_prefix(norm).is_some_and(|rest| rest.starts_with('.'))
            });
            return Ok(None);
        }
        let places = settings.extent("max_position_embeddings", 512)?;
        let stated = |key: &str| -> Made<Option<usize>> {
            // Anything below 1 says that there is none.
            if settings.number(key, -1.0)? < 1.0 { Ok(None) } else { settings.extent(key, 1).map(Some) }
        };
        let furthest = stated("max_relative_positions")?.unwrap_or(places);
        let buckets = stated("position_buckets")?;
        let span = buckets.unwrap_or(furthest);
        let is_known = buckets.is_none_or(|buckets| buckets >= 4 && furthest > buckets / 2 + 1);
        if span > FURTHEST || places > MOST_PLACES || !is_known {
            return Err(format!(
                "position_buckets `{span}` with max_relative_positions `{furthest}` is not built"
            ));
        }
        let table = maker.weight("deberta.encoder.rel_embeddings.weight", &[2 * span, width])?;
        let table = if is_normed { maker.layer_norm(&table, norm, width, epsilon)? } else { table };
        let table = maker.reshape(&table, &[1, long(2 * span), long(width)]);
        let row = |distance: i64| match buckets {
            Some(buckets) => bucket(distance, buckets, furthest),
            None => distance,
        };
        let most = long(places.max(FURTHEST));
        let rows = |sign: i64| {
            let row = |distance: i64| (sign * row(distance) + long(span)).clamp(0, long(2 * span) - 1);
            (1 - most..most).map(row).collect::<Vec<i64>>()
        };
        let apart = apart(maker, ids, most - 1);
        let indices = [1, -1].map(|sign| {
            let rows = maker.ints(&rows(sign));
            maker.node(nodes::gather(0), &[&rows, &apart])
        });
        Ok(Some(Self { table, indices }))
    }
}

/// How far each query is behind each key, plus a number that makes it a place: `[L, L]`.
fn apart(maker: &mut Maker<'_>, ids: &str, more: i64) -> String {
    let [from, step, more] = [0, 1, more].map(|it| maker.int(it));
    let length = maker.extent(ids, 1);
    let axes = maker.ints(&[0]);
    let length = maker.plain(Plain::Squeeze, &[&length, &axes]);
    let places = maker.plain(Plain::Range, &[&from, &length, &step]);
    let [queries, keys] = [1, 0].map(|axis| {
        let axes = maker.ints(&[axis]);
        maker.plain(Plain::Unsqueeze, &[&places, &axes])
    });
    let apart = maker.plain(Plain::Subtract, &[&queries, &keys]);
    maker.add(&apart, &more)
}

/// Near distances are their own row; further ones share rows, more of them the further they are.
///
/// In single precision, as the library computes it.
fn bucket(distance: i64, buckets: usize, furthest: usize) -> i64 {
    let mid = long(buckets / 2);
    let size = if distance.abs() < mid { mid - 1 } else { distance.abs() };
    if size <= mid {
        return distance;
    }
    let base = ((furthest - 1) as f64 / mid as f64) as f32;
    let part = (size as f32 / mid as f32).ln() / base.ln() * (mid - 1) as f32;
    (part.ceil() as i64 + mid) * distance.signum()
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn far_distances_share_rows() {
        let rows =
            [0, 1, -127, 128, 129, 130, 200, -200, 511, -511].map(|distance| bucket(distance, 256, 512));
        assert_eq!(rows, [0, 1, -127, 128, 129, 130, 169, -169, 255, -255]);
    }
}
