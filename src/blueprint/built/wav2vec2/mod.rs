//! wav2vec2's classifier as transformers has it, for sounds that are not padded.

mod encoder;
mod sound;

use serde_json::json;

use super::{
    layers::long,
    maker::{Maker, Parts},
    settings::{Made, Settings},
};
use crate::net::ops::nodes;
use encoder::Encoder;

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build(settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    settings.only("add_adapter", &[json!(false)])?;
    settings.only("adapter_attn_dim", &[])?;
    settings.only("tie_last_hidden_states", &[json!(true)])?;
    let encoder = Encoder::read(settings)?;
    let heard = sound::heard(settings, &mut maker, encoder.width, encoder.epsilon)?;
    let placed = sound::placed(settings, &mut maker, &heard, encoder.width)?;
    let mut x = if encoder.is_early { placed } else { encoder.norm(&mut maker, &placed)? };
    let mut all = vec![x.clone()];
    for layer in 0..settings.extent("num_hidden_layers", 12)? {
        x = encoder.add(&mut maker, &x, &format!("wav2vec2.encoder.layers.{layer}"))?;
        all.push(x.clone());
    }
    let is_weighted = settings.flag("use_weighted_layer_sum", false)?;
    if encoder.is_early && is_weighted {
        // Versions of the library weigh other values.
        return Err("use_weighted_layer_sum `true` with do_stable_layer_norm is not built".to_owned());
    }
    if encoder.is_early {
        x = encoder.norm(&mut maker, &x)?;
    }
    if is_weighted {
        x = weighted(&mut maker, &all)?;
    }
    // What stands for parts that training hides.
    maker.ignore(|name| name == "wav2vec2.masked_spec_embed");
    let narrow = settings.extent("classifier_proj_size", 256)?;
    let made = maker.linear(&x, "projector", [encoder.width, narrow], true)?;
    let mean = maker.mean(&made, &[1]);
    let (logits, classes) = maker.head(&mean, "classifier", narrow)?;
    maker.finish(&logits, classes)
}

/// What all blocks made, each weighed by a learnt number.
fn weighted(maker: &mut Maker<'_>, all: &[String]) -> Made<String> {
    let weights = maker.weight("layer_weights", &[all.len()])?;
    let weights = maker.node(nodes::softmax(-1), &[&weights]);
    let mut sum: Option<String> = None;
    for (at, made) in all.iter().enumerate() {
        let weight = maker.slice(&weights, 0, long(at), long(at + 1));
        let weighed = maker.multiply(made, &weight);
        sum = Some(match sum {
            Some(sum) => maker.add(&sum, &weighed),
            None => weighed,
        });
    }
    sum.ok_or_else(|| "num_hidden_layers `0` is not built".to_owned())
}
