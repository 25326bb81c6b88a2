//! BERT and those that share its blocks: RoBERTa, XLM-RoBERTa, CamemBERT, ELECTRA, DistilBERT.

mod encoder;
mod words;

use declass_formats::Dtype;
use serde_json::json;

use super::{
    maker::{Maker, Parts},
    settings::{Made, Settings},
};
use encoder::{Encoder, Names};
use words::Words;

/// What distinguishes these from each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    Bert,
    /// RoBERTa and those that load as it does.
    Roberta,
    Electra,
    DistilBert,
}

impl Kind {
    fn base(self) -> &'static str {
        match self {
            Self::Bert => "bert",
            Self::Roberta => "roberta",
            Self::Electra => "electra",
            Self::DistilBert => "distilbert",
        }
    }
}

/// The graph of a network.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build(kind: Kind, settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let (x, width) = encoded(kind, settings, &mut maker)?;
    // Saved with a pooler, which only BERT's classifier reads.
    let pooler = format!("{}.pooler.dense.", kind.base());
    maker.ignore(|name| kind != Kind::Bert && name.starts_with(&pooler));
    let (logits, classes) = classified(kind, &mut maker, &x, width)?;
    maker.finish(&logits, classes)
}

/// The graph of a network that decides for every token.
///
/// # Errors
/// In words: the setting or tensor that is not built.
pub(super) fn build_tokens(kind: Kind, settings: Settings<'_>, mut maker: Maker<'_>) -> Made<Parts> {
    let (x, width) = encoded(kind, settings, &mut maker)?;
    let pooler = format!("{}.pooler.dense.", kind.base());
    maker.ignore(|name| name.starts_with(&pooler));
    let (logits, classes) = maker.head_of_tokens(&x, "classifier", width)?;
    maker.finish_tokens(&logits, classes)
}

/// What the last block makes, `[N, L, width]`, and its width.
fn encoded(kind: Kind, settings: Settings<'_>, maker: &mut Maker<'_>) -> Made<(String, usize)> {
    settings.only("is_decoder", &[json!(false)])?;
    settings.only("add_cross_attention", &[json!(false)])?;
    settings.only("position_embedding_type", &[json!("absolute")])?;
    let (encoder, layers) = encoder(kind, settings)?;
    let base = kind.base();
    let dims = [("batch", None), ("length", None)];
    let ids = maker.input("input_ids", Dtype::I64, &dims);
    let mask = maker.input("attention_mask", Dtype::I64, &dims);
    let mut x = Words::read(kind, settings, &encoder)?.embedded(maker, &ids)?;
    if kind == Kind::Electra {
        let narrow = settings.extent("embedding_size", 128)?;
        if narrow != encoder.width {
            x = maker.linear(&x, "electra.embeddings_project", [narrow, encoder.width], true)?;
        }
    }
    let hidden = maker.hidden_keys(&mask);
    for layer in 0..layers {
        x = encoder.add(maker, &x, &hidden, &names(kind, layer))?;
    }
    let buffers = [format!("{base}.embeddings.position_ids"), format!("{base}.embeddings.token_type_ids")];
    maker.ignore(|name| buffers.iter().any(|buffer| buffer == name));
    Ok((x, encoder.width))
}

fn encoder<'s>(kind: Kind, settings: Settings<'s>) -> Made<(Encoder<'s>, usize)> {
    Ok(if kind == Kind::DistilBert {
        let encoder = Encoder {
            width: settings.extent("dim", 768)?,
            heads: settings.extent("n_heads", 12)?,
            inner: settings.extent("hidden_dim", 4 * 768)?,
            epsilon: 1e-12,
            activation: ("activation", settings.text("activation", "gelu")?),
        };
        (encoder, settings.extent("n_layers", 6)?)
    } else {
        let [width, heads, inner] = if kind == Kind::Electra { [256, 4, 1024] } else { [768, 12, 3072] };
        let encoder = Encoder {
            width: settings.extent("hidden_size", width)?,
            heads: settings.extent("num_attention_heads", heads)?,
            inner: settings.extent("intermediate_size", inner)?,
            epsilon: settings.number("layer_norm_eps", 1e-12)?,
            activation: ("hidden_act", settings.text("hidden_act", "gelu")?),
        };
        (encoder, settings.extent("num_hidden_layers", 12)?)
    })
}

fn names(kind: Kind, layer: usize) -> Names {
    let base = kind.base();
    let parts = if kind == Kind::DistilBert {
        [
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm",
        ]
    } else {
        [
            "attention.self.query",
            "attention.self.key",
            "attention.self.value",
            "attention.output.dense",
            "attention.output.LayerNorm",
            "intermediate.dense",
            "output.dense",
            "output.LayerNorm",
        ]
    };
    let inside = if kind == Kind::DistilBert { "transformer" } else { "encoder" };
    let [queries, keys, values, out, first, up, down, last] =
        parts.map(|part| format!("{base}.{inside}.layer.{layer}.{part}"));
    Names { projections: [queries, keys, values], out, norms: [first, last], layers: [up, down] }
}

fn classified(kind: Kind, maker: &mut Maker<'_>, x: &str, width: usize) -> Made<(String, usize)> {
    let token = maker.entry(x, 1, 0);
    let (dense, activation, head) = match kind {
        Kind::Bert => ("bert.pooler.dense", "tanh", "classifier"),
        Kind::Roberta => ("classifier.dense", "tanh", "classifier.out_proj"),
        Kind::Electra => ("classifier.dense", "gelu", "classifier.out_proj"),
        Kind::DistilBert => ("pre_classifier", "relu", "classifier"),
    };
    let made = maker.linear(&token, dense, [width; 2], true)?;
    let made = maker.activation(&made, "activation", activation)?;
    maker.head(&made, head, width)
}
