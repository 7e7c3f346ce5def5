using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Realm.Kernels;

namespace Realm.Formats;

/// <summary>
/// The codebooks of the IQ1, IQ2 and IQ3 formats: an index in the file names a point, 8 or 4 small integers that stand for as many weights.
/// Which points there are is part of the formats' definition (GGML's ggml-common.h); they follow no rule.
/// </summary>
/// <remarks>
/// A point is a number in base L, where L is how many different values there are and the first weight is the lowest digit. Points rise, so that the texts
/// below hold the gaps between them: a character is its gap + 34, '~' adds 57 to the next one. They are read once, into memory that stays
/// (libraries of NativeAOT are never unloaded), as 16-bit numbers in the order of <see cref="Words"/>.
/// </remarks>
internal static unsafe class Codebook
{
    /// <summary>2,048 points of 8 numbers -8, 0 or 8, plus 1: of IQ1_S and IQ1_M.</summary>
    public static readonly short* IQ1 = Read(IQ1Gaps, 2048, 8, [-7, 1, 9]);

    /// <summary>256 points of 8 magnitudes.</summary>
    public static readonly short* IQ2_XXS = Read(IQ2_XXSGaps, 256, 8, [8, 25, 43]);

    /// <summary>512 points of 8 magnitudes.</summary>
    public static readonly short* IQ2_XS = Read(IQ2_XSGaps, 512, 8, [8, 25, 43]);

    /// <summary>1,024 points of 8 magnitudes.</summary>
    public static readonly short* IQ2_S = Read(IQ2_SGaps, 1024, 8, [8, 25, 43]);

    /// <summary>256 points of 4 magnitudes.</summary>
    public static readonly short* IQ3_XXS = Read(IQ3_XXSGaps, 256, 4, [4, 12, 20, 28, 36, 44, 52, 62]);

    /// <summary>512 points of 4 magnitudes.</summary>
    public static readonly short* IQ3_S = Read(IQ3_SGaps, 512, 4, [1, 3, 5, 7, 9, 11, 13, 15]);

    /// <summary>256 times 8 signs: -1 (negative) where the bit in the index is 1, else 0.</summary>
    public static readonly short* Signs = SignsOf(256);

    /// <summary>128 times 8 signs of which the index has seven: the number of negative ones is even.</summary>
    public static readonly short* EvenSigns = SignsOf(128);

    /// <summary>Writes point `number` of eight magnitudes by a scale, with signs from one of the two tables.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(short* points, nuint number, Vector128<short> scale, short* signs, nuint sign, short* words) =>
        Store(Vector128.Load(points + 8 * number), scale, signs, sign, words);

    /// <summary>The same for two points of four magnitudes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(short* points, nuint first, nuint second, Vector128<short> scale, short* signs, nuint sign, short* words) =>
        Store(Vector128.Create(*(long*)(points + 4 * first), *(long*)(points + 4 * second)).AsInt16(), scale, signs, sign, words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> magnitudes, Vector128<short> scale, short* signs, nuint sign, short* words)
    {
        Vector128<short> negative = Vector128.Load(signs + 8 * sign);
        ((magnitudes * scale ^ negative) - negative).Store(words);
    }

    /// <summary>Writes point `number` of <see cref="IQ1"/>, with a bit that says whether 1 is subtracted or added, by a scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(short* points, nuint number, int subtract, Vector128<short> scale, short* words) =>
        ((Vector128.Load(points + 8 * number) - Vector128.Create((short)(2 * subtract))) * scale).Store(words);

    private static short* Read(ReadOnlySpan<byte> gaps, int count, int length, ReadOnlySpan<short> values)
    {
        short* points = Allocate(count * length), to = points;
        int rank = -1;
        foreach (byte c in gaps)
        {
            if (c == '~')
            {
                rank += 57;
                continue;
            }
            rank += c - 34;
            for (int i = 0, rest = rank; i < length; i++, rest /= values.Length)
                to[Words.Place(i)] = values[rest % values.Length];
            to += length;
        }
        return points;
    }

    private static short* SignsOf(int count)
    {
        short* signs = Allocate(count * 8);
        for (int i = 0; i < count; i++)
        {
            int bits = count == 256 ? i : i | (int.PopCount(i) & 1) << 7;
            for (int j = 0; j < 8; j++)
                signs[8 * i + Words.Place(j)] = (short)-(bits >> j & 1);
        }
        return signs;
    }

    private static short* Allocate(int count) => (short*)SystemMemory.AllocateLines((long)count * sizeof(short));

    private static ReadOnlySpan<byte> IQ1Gaps =>
        "#$$$$$%'$&$'($$*'$&$''$&$&#($$$#'(&$&$&$$$#)($$*'$&$''$&$'(('&$$&$$%%$$&$-$$*(((&&#1((($##*$$*$&&##$##$$$$$$$+%$$$$##$0&.$($"u8 +
        "$$%#&$(($&-$&$''$&$'(&*'$&$''$&$'($&'#(*#%($&.$$$('$&$''$&$'((%%'$$$$''$&$,#$&'#($(&$&$#%.$$'%($$$$$$$&$&(&######$$&**$($2$$"u8 +
        "*''$&$$$&$*($$*(&$'#$#%&'%##$$$##$&$$(&$%#$##$$#%&$&$$##$$$$$$$$##'####$#$$##$$$##$$##$##$##$$($##*##$$&&$##$$$%###%$#$##(%%"u8 +
        "$*&.&*($$$$&$$##$$$(($,0$$&$%)##$&$##$##&&*%#$$&&$+))$)$$$$$$&&$((&%,$&$''$$$$'((%%'$&$''$$$$'($&()#&($$$$##*''$(('$$%'$&$'("u8 +
        "&$(('$$%'$&$'*$$(*##$&$$$(*($&%%.((($&$&$#%&$$,$%#$$$$$$('$'(((('#('$&*,$&$''$&$'($,'$&$,$&$*%$&(,$&$($$$(''$'#'$&$,$&$'(&$("u8 +
        "'$&$''$&$'(&*.&$$$$$$2&%&&#$$$&$##$$&$($$$$##$#'$$$$$&$$'##-($$*(,$&&&+',(.%+($$$$##'#$$$$&$$$$'#(%#$&$$##$$&&$$##$$#$####%$"u8 +
        "##$&##$&$##$#'$$$%%'#$$$$&$$$$%##$#$&$$&%&&#($$*(%&')'$&$&$$$(($$$((%#%#%#$&$$&&&$####$$$$#%($&$##&$$$22$$($$&&0,($##$&$&$$&"u8 +
        "$&$&$##$($*$($%#&$($##$$####$&##$$$##$$########$$##$&$($##$$&&$&($&$$*$&$$##$&$+'$$%#&+#($####%%$$$$##$###$#####$####$$($$$#"u8 +
        "#$%$#&$####$$#####$#$$##$$#######$##########$#####$$#%###$####%$##$$###$##%$#$#$#######%%#############$$#%&$####$%&%$###'##$"u8 +
        "$&$&)'$$$$####$$##)'$$$$&(%#$&$$##$(($##$$########$$##$%%%%$####(*%)&#&#$($#%%###&$$$$)%$##$$.*$$(*(&##$$$$$%/*($$$&$(#%$(%%"u8 +
        "%#$(#%&'%$(&$.&$-#&*##%/(&*1#$#%$&$$$$$$$$##$##$$*#%$$####$$$&($$$%#$0##$$#$##$%$##$)$#$%#$#%$##''(''##$&$$$$###$#&$%$$&&$##"u8 +
        "$%$%1$((,$&$((('*'$(&($$$$#%##&$##$$&&%#''($#%.&#/$&$&$$&#%))%$(&$&$,$&$''#$$$('$&$''$&$'($$$(($&$$$###'$$(%'$$('$&$''$&$-$&"u8 +
        "('$&$''$&$/&.$)%&$$&0&.(&$&($$#%$&$##$#'##$$$$$$$$$*0&$(($&##&%#$&%'()&($&$''$&$$%($&(%$$&$''$&$'#'$$*($$$$$$&$$,,$('$&$''$&"u8 +
        "$'($$/$&$''$&$'(&##((&$($$*#'($$$(($$$$&$$$$$$$&'#$##$&$*$($$&$$$(($&(*$$$$$$*$(*$-%$$&&$*&*$$####$##$*$(##$&($&$$##$##$%%%#"u8 +
        "$$##$$########$$##$%%$&####$##$$$$$$(&%$'$($#%#$#$($'#&#%##*$$(,$((&&$$#%&#+(&$(*$$$$$$$##$$&$$$$$$##$&$#%$$($$&$&*++*$$$&$&"u8 +
        ".($##/$&$''$&$'($$$-$&$''$&$'%%$$$#1$%%$$$$,'$%$/&$#)&&$'(&$('$&$''$&$3(($(%#$$$%###(>$$$$$*$&$($##$(&$$##$&$$2(&%$%*$%%$##%"u8 +
        "$.&&#$%$$&$&$,$&$-$$$-$&$''$&$'*&%%(*&&$&$-'/$&$,$&$-$$/$&$''$&$"u8;

    private static ReadOnlySpan<byte> IQ2_XXSGaps =>
        "#$$$$$$($&$$$((&$($(.*$(&0@..$4F<$(,$($&.,$(.($&.06$,:$4@4(&$(.&$($8::Z,~/$(,*4.(&0(.4*,R,T(.&.6LBD0~-$(4><&~-PN$(82*$T*R$~9"u8 +
        "$(40J>6~I:.R~~.V$((&$((*&,$(44>*&:*:*,@(.F28,~%~;$(4&TL&,ZB4(&($F(:<P~/~9$:~3HL,(B~%~%~7(4:@JZ@F&~?$P~~6~~~M$(6>>..~)~1$(&04"u8 +
        "FBD864H~;~A~3(.(P8J~#T6,~A~~~+N~~BD8@~3~I~~~~FR"u8;

    private static ReadOnlySpan<byte> IQ2_XSGaps =>
        "#$$$$$$$$$$$$&$$$$$$$&$($$$&$&$,$$$$$$$$$$($$$&$((&$(4$$$&$(,$(&0*6$$$$$$$&$($$$&$$&,$(4$$$&$(,$(,*>$(0&$>:$$$$$$(&($((.4*$$"u8 +
        "(4>(64(N&,$$$$$$$&$($$$&$(*$$(4$$$&$(,$(4.$0$$&44F$$$&$(,$&$.(>$(4X.8R$($2.68&P~-L$$$$$$$(,$(44,$(4(2B6D:&$(2$X>,B.2~%&($,86"u8 +
        "0~#.:.H&$6$$$$$$$&$($$$$$$(&($(4$$$&$(,$(4&2*$($0$X$$$&$&$,$(4.2$(.(N,*8(P$(4&**D,6(2B~7$$$&$((&$(4>$(&0$V@T$$(,*4,4*(R(JB8*"u8 +
        ".2*D>,$~W:$(4.*.6$~O0@20~54&N~AVT~)D*D$$$&$(*$$(4$8$$$$&4,(H4F$2(&$($$0426@P6H>(28,$8*~ID(*,&$(402:6>~366&<((~)H$N~CJH~%BF$&"u8 +
        "$,*PP(D&$&6>4FJ~~@66,$&R((X$P$H2"u8;

    private static ReadOnlySpan<byte> IQ2_SGaps =>
        "#$$$$$$$$$$$$&$$$$$$$&$$$$$$$&$(&&$$$$$$$$&$($$$&$$$$&$&$($$($($$$&$(*$$$$$&0&&&**$$$$$$$&$$$$$$$$$$$$$$$($$$$&$&$($$$$$$$$$"u8 +
        "&$&$$$$$$$&$($$$&$(,$$$$&0&$&$(,$(4$$$&$$$$&&$$$$$$$$&$(&*0$$($$$&*&$&$(,*4,$*&$,D.$$$$$$$&$$&$$$&$$$$$$$&$$&&$&$($$$$$$$$$$"u8 +
        "$$&$$$$$$$&$($$$&$2$&$&($(&($2$(4$$$&$$$$&$&$$$$$$$&$($$$&$(,$$$$$$$&$($$$&$(,$(4&$&$(,$(4<$$$$$&$&*$$$&$(,$:$$$&$(,$(28,(40"u8 +
        "J$$$&$$$$&&$$($$*(*&0$$($$(*$$($(,$(4*.&$&(:$2&$$$$&$&$($$$&$(,$(4&$&$(,$(0&>$(42H&($2$(<4$$(~#8.>.$6$$$$$$$$$$$&$$$$$$$$$$$"u8 +
        "($(&$&$($$$&$$$$$$($$$$$$$&$($$$&$(,$($$$((&$&$(,$:$$$$$$$$$$$$&$$$$$$$&$($$$&$(,$$$$$$$&$($$$&$(*$$(4$$$&$(,$(48($&$$$$&$($"u8 +
        "$$&$(.(4$$$&$(,$(400$(4X$$$&$$$$$$$&$$$$$$$&$($$$&$2$$$$$$$&$($$$&$(,$(4&$&$(,$(2$>$$$$$$$&$($$$&$(,$(4$$$&$(,$(4>$(0&X$$$&$"u8 +
        "(,$(*,>$(4X2L6&$$&$$$&$(&$&$(.(4$$$&$(,$(420(40B*&$&$(,$(4>$(4*202~+2$(J6.<~=N*$$$&$&$&($($$$&*&($2$&$$$$&$($$$&$2$(2$&&$$2$"u8 +
        "(P$$$$$$$&*$$$&$(,$(4$$$&$(,$(4*6$(2$X&($2$(H*$:8V8$.4*$&$$$$(($$$&$(,$(4&($2$(*H$(4T&$$$&$(,$(400$(4L&*B2D$(0&V$D&~S4&&&*($"u8 +
        "$(H(>8D(.&$@&$2&$(4D0(2~OV2TP6>$,$&F6"u8;

    private static ReadOnlySpan<byte> IQ3_XXSGaps =>
        "#$$'$&#$)+;$&$'$)&%$)-.*$$')$)$&,(0&(#$-E56'-.$&(52U96&$702$'$)$'$$-#:$))$Q$'$))D($0+/2-&EJ&45.~60B$)$'$&%+A$$%$))=&#*$)(#$/"u8 +
        "#/6)&N&C0:6,=~.$-9>)$)$7/'($0+-$=$'/7214~&15((.=A47J76-0$.&~661#2(3@AG-C07~6%$0T99*(29A0B*K?-&E*9~8N0T2$0?B@GF(~/CGSJ0T$$#42"u8 +
        "N,L='8/07C2A$4~-"u8;

    private static ReadOnlySpan<byte> IQ3_SGaps =>
        "###%$###$$$#&('$%$$$'$)%%###$&#&%%&$&)/&'(#&$#%%%&%&(%$$$/%*(&%$)$%(&$/$&%-&$%((%(1,$.$&'(&$1'-%$031)$$.$&'/&6##$&#$$$#$)%$0"u8 +
        "$%+(#$%$&')%()$0($,%$#&((%,%,)%%#%((#&'3(-$'$/$)&$&7)%()$1I&%/$=$'$).&3(*#$$$#$$$%$&#$)$$%$/#%$%$(%&%%&%():%%,$')$,&,%&$%&+$"u8 +
        "'$)(0-(+%)%&;%)'+/#-/*$',>&6&/$-'<)$$$%)$$'$%$,(*$$)'$/2,&$,(,$.;)&'$&#+$&(0*('&)3(&/)$-',,/55B$/$-E&((&%%))2,'$$)('((&6$''&"u8 +
        ",'1%(.'$'$)&E$4-#;.$,C;36:'--(;(&(0&%%.('$$')+B(+,'(/9'#1/'.((%.,.F.5$YB$0Y$$.$722)?84(-'(*.'1W010%;67=K$W&%+$.$.(2)-1$>%&(%"u8 +
        ")3;:%08&(':L2B9I"u8;
}
