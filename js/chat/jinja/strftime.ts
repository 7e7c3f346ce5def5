const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

const MILLISECONDS_A_DAY = 86_400_000;

/** Days since the first of January. */
function dayOfYear(date: Date): number {
  const today = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate());
  return Math.round((today - Date.UTC(date.getFullYear(), 0, 1)) / MILLISECONDS_A_DAY);
}

/** Year and number of the ISO week: weeks begin on Monday, the first one has the year's first Thursday. */
function isoWeek(date: Date): [number, number] {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 3 - ((date.getDay() + 6) % 7));
  return [thursday.getFullYear(), Math.floor(dayOfYear(thursday) / 7) + 1];
}

/** A number and the width and filling that C gives it. */
type Field = [value: number, width: number, fill: '0' | ' '];

function numeric(code: string, date: Date): Field | undefined {
  switch (code) {
    case 'd':
      return [date.getDate(), 2, '0'];
    case 'e':
      return [date.getDate(), 2, ' '];
    case 'm':
      return [date.getMonth() + 1, 2, '0'];
    case 'y':
      return [date.getFullYear() % 100, 2, '0'];
    case 'Y':
      return [date.getFullYear(), 1, '0'];
    case 'C':
      return [Math.floor(date.getFullYear() / 100), 2, '0'];
    case 'H':
      return [date.getHours(), 2, '0'];
    case 'k':
      return [date.getHours(), 2, ' '];
    case 'I':
      return [date.getHours() % 12 || 12, 2, '0'];
    case 'l':
      return [date.getHours() % 12 || 12, 2, ' '];
    case 'M':
      return [date.getMinutes(), 2, '0'];
    case 'S':
      return [date.getSeconds(), 2, '0'];
    case 'f':
      return [date.getMilliseconds() * 1000, 6, '0'];
    case 'j':
      return [dayOfYear(date) + 1, 3, '0'];
    case 'U':
      return [Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7), 2, '0'];
    case 'W':
      return [Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7), 2, '0'];
    case 'V':
      return [isoWeek(date)[1], 2, '0'];
    case 'G':
      return [isoWeek(date)[0], 1, '0'];
    case 'g':
      return [isoWeek(date)[0] % 100, 2, '0'];
    case 'w':
      return [date.getDay(), 1, '0'];
    case 'u':
      return [date.getDay() || 7, 1, '0'];
    case 's':
      return [Math.floor(date.getTime() / 1000), 1, '0'];
    default:
      return undefined;
  }
}

function named(code: string, date: Date): string | undefined {
  switch (code) {
    case 'a':
      return DAYS[date.getDay()]!.slice(0, 3);
    case 'A':
      return DAYS[date.getDay()];
    case 'b':
    case 'h':
      return MONTHS[date.getMonth()]!.slice(0, 3);
    case 'B':
      return MONTHS[date.getMonth()];
    case 'p':
      return date.getHours() < 12 ? 'AM' : 'PM';
    case 'P':
      return date.getHours() < 12 ? 'am' : 'pm';
    // datetime.now() knows no zone.
    case 'z':
    case 'Z':
      return '';
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case '%':
      return '%';
    case 'c':
      return strftime(date, '%a %b %e %H:%M:%S %Y');
    case 'x':
    case 'D':
      return strftime(date, '%m/%d/%y');
    case 'X':
    case 'T':
      return strftime(date, '%H:%M:%S');
    case 'F':
      return strftime(date, '%Y-%m-%d');
    case 'R':
      return strftime(date, '%H:%M');
    case 'r':
      return strftime(date, '%I:%M:%S %p');
    default:
      return undefined;
  }
}

/** C's `strftime` in the C locale and local time, with glibc's flags: `%-d` without filling, `%_d` with spaces, `%^a` in capitals. */
export function strftime(date: Date, format: string): string {
  return format.replace(/%([-_0^#]?)(\d{0,3})([a-zA-Z%])/g, (whole, flag: string, width: string, code: string) => {
    const field = numeric(code, date);
    if (field) {
      const [value, least, fill] = field;
      if (flag === '-') return String(value);
      return String(value).padStart(Math.max(least, Number(width)), flag === '_' ? ' ' : flag === '0' ? '0' : fill);
    }
    const text = named(code, date);
    if (text === undefined) return whole;
    return (flag === '^' ? text.toUpperCase() : text).padStart(Number(width));
  });
}
