//! Weighted operators that are no single matrix product, and operators with bodies of their own.

use super::{
    attr::Attr,
    kernel::{Cell, Kernel},
    operator::Operator,
    roles::Weight,
};

pub(super) static TABLE: &[Operator] = &[
    Operator {
        attributes: &[
            Attr::Int("is_causal"),
            Attr::Int("kv_num_heads"),
            Attr::Int("left_window_size"),
            Attr::Int("q_num_heads"),
            Attr::Int("qk_matmul_output_mode"),
            Attr::Int("right_window_size"),
            Attr::Float("scale"),
            Attr::Float("softcap"),
            Attr::Int("softmax_precision"),
        ],
        kernel: Kernel::Attention,
        ..inside(Operator::standard("Attention", 3, 7))
    },
    Operator {
        attributes: &[
            Attr::Int("do_rotary"),
            Attr::Float("mask_filter_value"),
            Attr::Int("num_heads"),
            Attr::Int("past_present_share_buffer"),
            Attr::Ints("qkv_hidden_sizes"),
            Attr::Int("rotary_embedding_dim"),
            Attr::Float("scale"),
            Attr::Int("unidirectional"),
        ],
        kernel: Kernel::PackedAttention,
        ..inside(Operator::microsoft("Attention", 2, 7))
    },
    Operator {
        attributes: &[
            Attr::Text("auto_pad"),
            Attr::Ints("dilations"),
            Attr::Int("group"),
            Attr::Ints("kernel_shape"),
            Attr::Ints("output_padding"),
            Attr::Ints("output_shape"),
            Attr::Ints("pads"),
            Attr::Ints("strides"),
        ],
        kernel: Kernel::TransposedConvolution,
        ..inside(Operator::standard("ConvTranspose", 2, 3))
    },
    Operator {
        attributes: RECURRENT,
        kernel: Kernel::Recurrent(Cell::Gru),
        ..inside(Operator::standard("GRU", 3, 6))
    },
    Operator {
        attributes: &[Attr::Graph("else_branch"), Attr::Graph("then_branch")],
        control: &[0],
        ..Operator::standard("If", 1, 1)
    },
    Operator {
        attributes: RECURRENT,
        kernel: Kernel::Recurrent(Cell::Lstm),
        ..inside(Operator::standard("LSTM", 3, 8))
    },
    Operator {
        attributes: &[
            Attr::Float("mask_filter_value"),
            Attr::Int("num_heads"),
            Attr::Float("scale"),
            Attr::Int("unidirectional"),
        ],
        ..inside(Operator::microsoft("MultiHeadAttention", 1, 10))
    },
    Operator {
        attributes: RECURRENT,
        kernel: Kernel::Recurrent(Cell::Simple),
        ..inside(Operator::standard("RNN", 3, 6))
    },
    Operator {
        attributes: &[Attr::Int("interleaved"), Attr::Int("num_heads"), Attr::Int("rotary_embedding_dim")],
        kernel: Kernel::Rotary,
        ..Operator::standard("RotaryEmbedding", 3, 4)
    },
];

/// What recurrent operators have.
const RECURRENT: &[Attr] = &[
    Attr::Floats("activation_alpha"),
    Attr::Floats("activation_beta"),
    Attr::Texts("activations"),
    Attr::Float("clip"),
    Attr::Text("direction"),
    Attr::Int("hidden_size"),
    Attr::Int("input_forget"),
    Attr::Int("layout"),
    Attr::Int("linear_before_reset"),
    Attr::Int("output_sequence"),
];

const fn inside(operator: Operator) -> Operator {
    Operator { weight: Weight::Inside, ..operator }
}
