using System.Text;

namespace Realm.Tokenizers;

/// <summary>
/// The first code point of each code point's full canonical decomposition (Unicode 14, UnicodeData.txt): the letter without
/// its accents. The runtime's own normalization does nothing under InvariantGlobalization.
/// </summary>
internal static class BaseLetters
{
    private const int FirstSyllable = 0xAC00, Syllables = 11_172, SyllablesPerLeadingConsonant = 588, FirstLeadingConsonant = 0x1100;

    /// <summary>From a code point on: the base of each. Those within a run that do not decompose stand for themselves.</summary>
    private static readonly (int First, string Bases)[] s_runs =
    [
        (0xC0, "AAAAAAÆCEEEEIIIIÐNOOOOO×ØUUUUYÞßaaaaaaæceeeeiiiiðnooooo÷øuuuuyþyAaAaAaCcCcCcCcDdĐđEeEeEeEeEeGgGgGgGg"),
        (0x124, "HhĦħIiIiIiIiIıĲĳJjKkĸLlLlLl"), (0x143, "NnNnNnŉŊŋOoOoOoŒœRrRrRrSsSsSsSsTtTtŦŧUuUuUuUuUuUuWwYyYZzZzZz"),
        (0x1A0, "Oo"), (0x1AF, "Uu"),
        (0x1CD, "AaIiOoUuUuUuUuUuǝAaAaÆæǤǥGgKkOoOoƷʒjǱǲǳGgǶǷNnAaÆæØøAaAaEeEeIiIiOoOoRrRrUuUuSsTtȜȝHh"),
        (0x226, "AaEeOoOoOoOoYy"), (0x340, "\u0300\u0301\u0342\u0313\u0308"), (0x374, "ʹ"), (0x37E, ";"),
        (0x385, "¨Α·ΕΗΙ\u038BΟ\u038DΥΩι"), (0x3AA, "ΙΥαεηιυ"), (0x3CA, "ιυουω"), (0x3D3, "ϒϒ"), (0x400, "ЕЕЂГЄЅІІ"),
        (0x40C, "КИУ"), (0x419, "И"), (0x439, "и"), (0x450, "ееђгєѕіі"), (0x45C, "киу"), (0x476, "Ѵѵ"), (0x4C1, "Жж"),
        (0x4D0, "АаАаӔӕЕеӘәӘәЖжЗзӠӡИиИиОоӨөӨөЭэУуУуУуЧчӶӷЫы"), (0x622, "\u0627\u0627\u0648\u0627\u064A"),
        (0x6C0, "\u06D5\u06C1\u06C1"), (0x6D3, "\u06D2"), (0x929, "न"), (0x931, "रलळळ"), (0x958, "कखगजडढफय"),
        (0x9CB, "\u09C7\u09C7"), (0x9DC, "ডঢ\u09DEয"), (0xA33, "ਲ\u0A34ਵਸ"), (0xA59, "ਖਗਜੜ\u0A5Dਫ"),
        (0xB48, "\u0B47\u0B49\u0B4A\u0B47\u0B47"), (0xB5C, "ଡଢ"), (0xB94, "ஒ"), (0xBCA, "\u0BC6\u0BC7\u0BC6"),
        (0xC48, "\u0C46"), (0xCC0, "\u0CBF"), (0xCC7, "\u0CC6\u0CC6\u0CC9\u0CC6\u0CC6"), (0xD4A, "\u0D46\u0D47\u0D46"),
        (0xDDA, "\u0DD9\u0DDB\u0DD9\u0DD9\u0DD9"), (0xF43, "ག"), (0xF4D, "ཌ"), (0xF52, "ད"), (0xF57, "བ"), (0xF5C, "ཛ"),
        (0xF69, "ཀ"), (0xF73, "\u0F71\u0F74\u0F71\u0FB2\u0F77\u0FB3"), (0xF81, "\u0F71"), (0xF93, "\u0F92"),
        (0xF9D, "\u0F9C"), (0xFA2, "\u0FA1"), (0xFA7, "\u0FA6"), (0xFAC, "\u0FAB"), (0xFB9, "\u0F90"), (0x1026, "ဥ"),
        (0x1B06, "ᬅᬇᬇᬉᬉᬋᬋᬍᬍᬏᬐᬑᬑ"), (0x1B3B, "\u1B3A\u1B3C\u1B3C\u1B3E\u1B3F\u1B3E\u1B3F\u1B42\u1B42"),
        (0x1E00, "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMmMmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSs"),
        (0x1E64, "SsSsSsTtTtTtTtUuUuUuUuUuVvVvWwWwWwWwWwXxXxYyZzZzZzhtwyẚſ"),
        (0x1EA0, "AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEeEeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy"),
        (0x1F00, "ααααααααΑΑΑΑΑΑΑΑεεεεεε\u1F16\u1F17ΕΕΕΕΕΕ\u1F1E\u1F1FηηηηηηηηΗΗΗΗΗΗΗΗιιιιιιιιΙΙΙΙΙΙΙΙοοοοοο\u1F46"),
        (0x1F47, "\u1F47ΟΟΟΟΟΟ\u1F4E\u1F4Fυυυυυυυυ\u1F58Υ\u1F5AΥ\u1F5CΥ\u1F5EΥωωωωωωωωΩΩΩΩΩΩΩΩααεεηηιιοουυωω\u1F7E"),
        (0x1F7F, "\u1F7FααααααααΑΑΑΑΑΑΑΑηηηηηηηηΗΗΗΗΗΗΗΗωωωωωωωωΩΩΩΩΩΩΩΩααααα\u1FB5ααΑΑΑΑΑ᾽ι᾿῀¨ηηη\u1FC5ηηΕΕΗΗΗ᾿᾿᾿ιιιι"),
        (0x1FD4, "\u1FD4\u1FD5ιιΙΙΙΙ\u1FDC῾῾῾υυυυρρυυΥΥΥΥΡ¨¨`\u1FF0\u1FF1ωωω\u1FF5ωωΟΟΩΩΩ´῾\u1FFF\u2002\u2003"),
        (0x2126, "Ω℧ℨ℩KA"), (0x219A, "←→"), (0x21AE, "↔"), (0x21CD, "⇐⇔⇒"), (0x2204, "∃"), (0x2209, "∈∊∋∋"), (0x2224, "∣∥∥"),
        (0x2241, "∼≂≃≃≅≆≅≈≈"), (0x2260, "=≡≡"), (0x226D, "≍<>≤≥≲≳≲≳≶≷≶≷"), (0x2280, "≺≻⊂⊃⊂⊃⊆⊇⊆⊇"), (0x22AC, "⊢⊨⊩⊫"),
        (0x22E0, "≼≽⊑⊒"), (0x22EA, "⊲⊳⊴⊵"), (0x2329, "〈〉"), (0x2ADC, "⫝"), (0x304C, "かききくくけけここささししすすせせそそたたちちっつつててとと"),
        (0x3070, "ははひひひふふふへへへほほほ"), (0x3094, "う"), (0x309E, "ゝ"), (0x30AC, "カキキククケケココササシシススセセソソタタチチッツツテテトト"),
        (0x30D0, "ハハヒヒヒフフフヘヘヘホホホ"), (0x30F4, "ウヵヶワヰヱヲ・ーヽヽ"),
        (0xF900, "豈更車賈滑串句龜龜契金喇奈懶癩羅蘿螺裸邏樂洛烙珞落酪駱亂卵欄爛蘭鸞嵐濫藍襤拉臘蠟廊朗浪狼郎來冷勞擄櫓爐盧老蘆虜路露魯鷺碌祿綠菉錄鹿論壟弄籠聾牢磊賂雷壘屢樓淚漏累縷陋勒肋凜凌稜綾菱陵讀拏樂諾丹寧怒率異北"),
        (0xF964, "磻便復不泌數索參塞省葉說殺辰沈拾若掠略亮兩凉梁糧良諒量勵呂女廬旅濾礪閭驪麗黎力曆歷轢年憐戀撚漣煉璉秊練聯輦蓮連鍊列劣咽烈裂說廉念捻殮簾獵令囹寧嶺怜玲瑩羚聆鈴零靈領例禮醴隸惡了僚寮尿料樂燎療蓼遼龍暈阮劉"),
        (0xF9C8, "杻柳流溜琉留硫紐類六戮陸倫崙淪輪律慄栗率隆利吏履易李梨泥理痢罹裏裡里離匿溺吝燐璘藺隣鱗麟林淋臨立笠粒狀炙識什茶刺切度拓糖宅洞暴輻行降見廓兀嗀﨎﨏塚﨑晴﨓﨔凞猪益礼神祥福靖精羽﨟蘒﨡諸﨣﨤逸都﨧﨨﨩飯飼"),
        (0xFA2C, "館鶴郞隷侮僧免勉勤卑喝嘆器塀墨層屮悔慨憎懲敏既暑梅海渚漢煮爫琢碑社祉祈祐祖祝禍禎穀突節練縉繁署者臭艹艹著褐視謁謹賓贈辶逸難響頻恵𤋮舘\uFA6E\uFA6F並况全侀充冀勇勺喝啕喙嗢塚墳奄奔婢嬨廒廙彩徭"),
        (0xFA86, "惘慎愈憎慠懲戴揄搜摒敖晴朗望杖歹殺流滛滋漢瀞煮瞧爵犯猪瑱甆画瘝瘟益盛直睊着磌窱節类絛練缾者荒華蝹襁覆視調諸請謁諾諭謹變贈輸遲醙鉶陼難靖韛響頋頻鬒龜𢡊𢡄𣏕㮝䀘䀹𥉉𥳐𧻓齃龎"),
        (0xFB1D, "\u05D9\uFB1E\u05F2"),
        (0xFB2A, "\u05E9\u05E9\u05E9\u05E9\u05D0\u05D0\u05D0\u05D1\u05D2\u05D3\u05D4\u05D5\u05D6\uFB37\u05D8\u05D9"),
        (0xFB3A, "\u05DA\u05DB\u05DC\uFB3D\u05DE\uFB3F\u05E0\u05E1\uFB42\u05E3\u05E4\uFB45\u05E6\u05E7\u05E8\u05E9"),
        (0xFB4A, "\u05EA\u05D5\u05D1\u05DB\u05E4"), (0x1109A, "𑂙𑂛𑂛"), (0x110AB, "𑂥"), (0x1112E, "\U00011131\U00011132"),
        (0x1134B, "\U00011347\U00011347"), (0x114BB, "\U000114B9\U000114B9\U000114BD\U000114B9"),
        (0x115BA, "\U000115B8\U000115B9"), (0x11938, "\U00011935"), (0x1D15E, "𝅗𝅘𝅘𝅘𝅘𝅘𝅘"), (0x1D1BB, "𝆹𝆺𝆹𝆺𝆹𝆺"),
        (0x2F800, "丽丸乁𠄢你侮侻倂偺備僧像㒞𠘺免兔兤具𠔜㒹內再𠕋冗冤仌冬况𩇟凵刃㓟刻剆割剷㔕勇勉勤勺包匆北卉卑博即卽卿卿卿𠨬灰及叟𠭣叫叱吆咞吸呈周咢哶唐啓啣善善喙喫喳嗂圖嘆圗噑噴切壮城埴堍型堲報墬𡓤売壷夆多夢奢𡚨𡛪姬娛"),
        (0x2F864, "娧姘婦㛮㛼嬈嬾嬾𡧈寃寘寧寳𡬘寿将当尢㞁屠屮峀岍𡷤嵃𡷦嵮嵫嵼巡巢㠯巽帨帽幩㡢𢆃㡼庰庳庶廊𪎒廾𢌱𢌱舁弢弢㣇𣊸𦇚形彫㣣徚忍志忹悁㤺㤜悔𢛔惇慈慌慎慌慺憎憲憤憯懞懲懶成戛扝抱拔捐𢬌挽拼捨掃揤𢯱搢揅掩㨮摩摾撝摷㩬"),
        (0x2F8C8, "敏敬𣀊旣書晉㬙暑㬈㫤冒冕最暜肭䏙朗望朡杞杓𣏃㭉柺枅桒梅𣑭梎栟椔㮝楂榣槪檨𣚣櫛㰘次𣢧歔㱎歲殟殺殻𣪍𡴋𣫺汎𣲼沿泍汧洖派海流浩浸涅𣴞洴港湮㴳滋滇𣻑淹潮𣽞𣾎濆瀹瀞瀛㶖灊災灷炭𠔥煅𤉣熜𤎫爨爵牐𤘈犀犕𤜵𤠔獺王㺬玥"),
        (0x2F92C, "㺸㺸瑇瑜瑱璅瓊㼛甤𤰶甾𤲒異𢆟瘐𤾡𤾸𥁄㿼䀈直𥃳𥃲𥄙𥄳眞真真睊䀹瞋䁆䂖𥐝硎碌磌䃣𥘦祖𥚚𥛅福秫䄯穀穊穏𥥼𥪧𥪧竮䈂𥮫篆築䈧𥲀糒䊠糨糣紀𥾆絣䌁緇縂繅䌴𦈨𦉇䍙𦋙罺𦌾羕翺者𦓚𦔣聠𦖨聰𣍟䏕育脃䐋脾媵𦞧𦞵𣎓𣎜舁舄辞䑫芑"),
        (0x2F990, "芋芝劳花芳芽苦𦬼若茝荣莭茣莽菧著荓菊菌菜𦰶𦵫𦳕䔫蓱蓳蔖𧏊蕤𦼬䕝䕡𦾱𧃒䕫虐虜虧虩蚩蚈蜎蛢蝹蜨蝫螆䗗蟡蠁䗹衠衣𧙧裗裞䘵裺㒻𧢮𧥦䚾䛇誠諭變豕𧲨貫賁贛起𧼯𠠄跋趼跰𠣞軔輸𨗒𨗭邔郱鄑𨜮鄛鈸鋗鋘鉼鏹鐕𨯺開䦕閷𨵷䧦雃"),
        (0x2F9F4, "嶲霣𩅅𩈚䩮䩶韠𩐊䪲𩒖頋頋頩𩖶飢䬳餩馧駂駾䯎𩬰鬒鱀鳽䳎䳭鵧𪃎䳸𪄅𪈎𪊑麻䵖黹黾鼅鼏鼖鼻𪘀"),
    ];

    private static readonly Dictionary<int, int> s_bases = Build();

    /// <summary>The base of a code point; itself when it does not decompose. Of a Hangul syllable, the leading consonant.</summary>
    public static int Of(int codePoint)
    {
        if (codePoint < 0xC0)
        {
            return codePoint;
        }
        return codePoint is >= FirstSyllable and < FirstSyllable + Syllables
            ? FirstLeadingConsonant + (codePoint - FirstSyllable) / SyllablesPerLeadingConsonant
            : s_bases.GetValueOrDefault(codePoint, codePoint);
    }

    private static Dictionary<int, int> Build()
    {
        var bases = new Dictionary<int, int>();
        foreach ((int first, string run) in s_runs)
        {
            int codePoint = first;
            foreach (Rune rune in run.EnumerateRunes())
            {
                bases[codePoint++] = rune.Value;
            }
        }
        return bases;
    }
}
