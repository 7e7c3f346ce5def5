using Xunit;

namespace Realm.Tests.Architectures;

/// <summary>Keys and tensors that are each allowed and don't fit each other, family by family: refused by name before anything is computed with them.</summary>
public class RefusedModelsTests
{
    [Theory]
    [InlineData("bailingmoe3", "kda.gate_lower_bound=0f", "kda.gate_lower_bound': 0 is not below 0")]
    [InlineData("cogvlm", "attention.key_length=2 attention.value_length=2", "attention.head_count': values begin at 16 and are 4 of 12 outputs")]
    [InlineData("deepseek2", "attention.head_count=0 attention.key_length=8 attention.value_length=4 attention.kv_lora_rank=4 rope.dimension_count=4",
        "attention.head_count': layer 0 has 0 heads")]
    [InlineData("deepseek2", "attention.key_length=4 attention.value_length=4 attention.kv_lora_rank=4 rope.dimension_count=4",
        "rope.dimension_count': 4 of a head's 4 elements turn: none is left that does not")]
    [InlineData("gemma3n", "altup.active_idx=1", "altup.active_idx': layers compute the first stream")]
    [InlineData("gemma3n", "altup.num_inputs=2 attention.shared_kv_layers=1", "attention.shared_kv_layers': 1 of 2 layers: at least two must have keys of their own")]
    [InlineData("gemma4", "attention.shared_kv_layers=1", "attention.shared_kv_layers': 1 of 2 layers: at least two must have keys of their own")]
    [InlineData("gemma4", "attention.sliding_window=4 attention.key_length_swa=2 rope.dimension_count_swa=4", "rope.dimension_count_swa': 4 elements of a head of 2")]
    [InlineData("gemma4", "attention.sliding_window=4 block_count=3 attention.shared_kv_layers=1 attention.head_count_kv=[1,1,2]",
        "attention.shared_kv_layers': layer 2 can't borrow keys of another size")]
    [InlineData("bloom", "embedding_length=1", "attention.head_count': 2 heads of a hidden size of 1: a head has no element")]
    [InlineData("grok", "attn_logit_softcapping=-1f", "attn_logit_softcapping': -1 is not positive")]
    [InlineData("grovemoe", "expert_count=4 expert_used_count=1 expert_feed_forward_length=8 experts_per_group=3", "experts_per_group': 3 does not divide the 4 experts")]
    [InlineData("hrm_text", "block_count=5 hrm.layers_per_stack=1 hrm.h_cycles=2 hrm.l_cycles=1", "block_count': 5 is not 1 layers a stack times 2 times 1 + 1")]
    [InlineData("mamba2", "ssm.inner_size=8 ssm.time_step_rank=3 ssm.group_count=1 ssm.state_size=4 ssm.conv_kernel=2",
        "ssm.group_count': 8 channels, 3 heads and 1 groups do not divide each other")]
    [InlineData("mamba2", "ssm.inner_size=12 ssm.time_step_rank=6 ssm.group_count=4 ssm.state_size=4 ssm.conv_kernel=2",
        "ssm.group_count': 12 channels, 6 heads and 4 groups do not divide each other")]
    // The square of a head's size that is allowed.
    [InlineData("minimax-01", "block_count=1 attention.head_count=1 attention.key_length=8192 attention.value_length=8192 rope.dimension_count=8",
        "attention.key_length': layer 0 would remember 67108864 numbers of each sequence, more than 16777216")]
    [InlineData("plamo2", "attention.head_count_kv=0 ssm.inner_size=8 ssm.time_step_rank=3 ssm.group_count=1 ssm.state_size=4 ssm.conv_kernel=2",
        "ssm.time_step_rank': 3 heads do not divide 8 channels")]
    [InlineData("qwen2", "rope.dimension_count=3", "rope.dimension_count': 3 is not an even number from 2 to the head size 4")]
    [InlineData("qwen2", "rope.dimension_count=1", "rope.dimension_count': 1 is not an even number from 2 to the head size 4")]
    [InlineData("qwen2", "rope.dimension_count=6", "rope.dimension_count': 6 is not an even number from 2 to the head size 4")]
    [InlineData("qwen3moe", "expert_count=0", "expert_count': this network is a mixture of experts, the file says that there are none")]
    [InlineData("qwen3moe", "expert_count=4 expert_used_count=5", "expert_used_count': 5 of 4 experts")]
    [InlineData("qwen3moe", "expert_count=4 expert_used_count=0", "expert_used_count': 0 of 4 experts")]
    [InlineData("qwen3moe", "expert_count=4 expert_used_count=1 expert_group_count=3 expert_group_used_count=1", "expert_group_count': 3 groups, 1 used, of 4 experts")]
    [InlineData("qwen3moe", "expert_count=4 expert_used_count=1 expert_group_count=2 expert_group_used_count=0", "expert_group_count': 2 groups, 0 used, of 4 experts")]
    [InlineData("qwen3moe", "expert_count=4 expert_used_count=1 expert_group_count=2 expert_group_used_count=3", "expert_group_count': 2 groups, 3 used, of 4 experts")]
    [InlineData("qwen3next", Delta + "ssm.inner_size=9 ssm.time_step_rank=2 ssm.group_count=2", "ssm.inner_size': 2 key heads, 2 heads of 4 and 9 channels don't fit each other")]
    [InlineData("qwen3next", Delta + "ssm.inner_size=12 ssm.time_step_rank=3 ssm.group_count=2", "ssm.inner_size': 2 key heads, 3 heads of 4 and 12 channels don't fit each other")]
    [InlineData("qwen3next", DeltaNet + "ssm.state_size=8192 ssm.inner_size=8192 ssm.time_step_rank=1 ssm.group_count=1",
        "ssm.state_size': layer 0 would remember 67108864 numbers of each sequence, more than 16777216")]
    [InlineData("qwen4exp", Memory + "ple.layers=[0,1]", "ple.layers': it lists 2 layers; one is supported")]
    [InlineData("qwen4exp", Memory + "ple.layers=[2]", "ple.layers': 2 is not from 0 to 1")]
    [InlineData("qwen4exp", Memory + "ple.layers=[0] ple.head_vocab_sizes=[]", "ple.head_vocab_sizes': it has 0 values, 1 are needed")]
    [InlineData("qwen4exp", Memory + "ple.layers=[0] ple.head_vocab_sizes=[17]", "ple.head_vocab_sizes': 17 is not from 1 to 16")]
    [InlineData("qwen4exp", Memory + "ple.layers=[0] ple.head_vocab_sizes=[14] ple.head_offsets=[3]", "ple.head_offsets': rows 3 to 16 of a table of 16")]
    [InlineData("rwkv6", "wkv.head_size=2 attention.head_count_kv=3", "attention.head_count_kv': 3 does not divide the 4 heads of layer 0")]
    [InlineData("rwkv6", "wkv.head_size=2 attention.head_count_kv=8", "attention.head_count_kv': 8 does not divide the 4 heads of layer 0")]
    [InlineData("rwkv6", "wkv.head_size=3", "wkv.head_size': 3 does not divide the hidden size 8")]
    public void Keys(string architecture, string keys, string message)
    {
        RealmException refusal = AskedModel.Refusal(architecture, keys);
        Assert.Equal($"metadata key '{architecture}.{message}", refusal.Message);
        Assert.Equal(ErrorCode.Hparam, refusal.Code);
    }

    private const string DeltaNet = "attention.key_length=8 attention.value_length=8 full_attention_interval=4 expert_count=2 expert_used_count=1 "
        + "expert_feed_forward_length=8 ssm.conv_kernel=2 ";

    private const string Delta = DeltaNet + "ssm.state_size=4 ";

    private const string Memory = Delta + "ssm.inner_size=8 ssm.time_step_rank=2 ssm.group_count=2 hyper_connection.count=2 hyper_connection.low_rank=2 "
        + "embedding_length_per_layer_input=8 ple.ngram_size=2 ple.heads_per_ngram=1 ple.conv_kernel=2 ple.eos_token_id=1 ";

    [Fact]
    public void Windows_that_look_back_in_a_network_that_looks_ahead()
    {
        RealmException refusal = AskedModel.Refusal("gemma2", "attention.causal=no attention.sliding_window=4");
        Assert.Equal(ErrorCode.Unsupported, refusal.Code);
        Assert.Equal("gemma2.attention.causal is false in a network whose windows go back only", refusal.Message);
        Assert.Equal("lfm2.attention.causal is false in a network whose convolutions go back only", AskedModel.Refusal("lfm2", "attention.causal=no").Message);
        RealmException latent = AskedModel.Refusal("plm", "attention.causal=no attention.key_length=8 attention.kv_lora_rank=4 rope.dimension_count=4");
        Assert.Equal("plm.attention.causal is false in a network whose latent attention goes back only", latent.Message);
    }

    /// <summary>Each tensor has the extents that keys and other tensors say, or is refused by name: buffers have the size of what was asked.</summary>
    [Theory]
    [InlineData("qwen2", "", "token_embd.weight=16x16 output.weight=8x16", "token_embd.weight' has the shape 16 x 16; expected 8 x rows")]
    [InlineData("qwen2", "", "token_embd.weight=8x16 output.weight=8x17", "output.weight' has the shape 8 x 17; expected 8 x 16")]
    [InlineData("qwen3moe", Mixture, "blk.0.ffn_gate_exps.weight=8x8x3", "blk.0.ffn_gate_exps.weight' has the shape 8 x 8 x 3; expected 8 x 8 x 4")]
    [InlineData("qwen3moe", Mixture, "blk.0.ffn_gate_exps.weight=8x7x4", "blk.0.ffn_gate_exps.weight' has the shape 8 x 7 x 4; expected 8 x 8 x 4")]
    [InlineData("qwen3moe", Mixture, "blk.0.ffn_gate_exps.weight=7x8x4", "blk.0.ffn_gate_exps.weight' has the shape 7 x 8 x 4; expected 8 x 8 x 4")]
    [InlineData("qwen3moe", Mixture, "blk.0.ffn_gate_exps.weight=8x8x2x2", "blk.0.ffn_gate_exps.weight' has the shape 8 x 8 x 2 x 2; expected 8 x 8 x 4")]
    [InlineData("qwen3moe", Mixture, "blk.0.ffn_gate_exps.weight=8x8", "blk.0.ffn_gate_exps.weight' has the shape 8 x 8; expected 8 x 8 x 4")]
    [InlineData("bloom", "embedding_length=1 attention.head_count=1 attention.head_count_kv=1", "cls.weight=1x1048577", "cls.weight' has 1048577 outputs, more than 1048576")]
    public void Tensors(string architecture, string keys, string tensors, string message)
    {
        RealmException refusal = AskedModel.Refusal(architecture, keys, tensors);
        Assert.Equal($"tensor '{message}", refusal.Message);
        Assert.Equal(ErrorCode.Shape, refusal.Code);
    }

    private const string Mixture = "expert_count=4 expert_used_count=1 expert_feed_forward_length=8";
}
