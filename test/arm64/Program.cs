using System.Reflection;
using Xunit;

// Runs every [Fact] and [Theory] of this program whose full name contains the first argument, and prints what failed; the last line
// is `N passed, N failed`.

string filter = args.Length > 0 ? args[0] : "";
int passed = 0, failed = 0;
foreach (Type type in typeof(Program).Assembly.GetTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
{
    foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
    {
        FactAttribute? fact = method.GetCustomAttribute<FactAttribute>();
        string name = $"{type.FullName}.{method.Name}";
        if (fact is null || fact.Skip is not null || !name.Contains(filter, StringComparison.Ordinal))
            continue;
        foreach (object?[] arguments in Cases(type, method))
            Run(type, method, arguments, name);
    }
}
Console.WriteLine($"{passed} passed, {failed} failed");
return failed == 0 && passed > 0 ? 0 : 1;

void Run(Type type, MethodInfo method, object?[] arguments, string name)
{
    object? instance = null;
    try
    {
        instance = Activator.CreateInstance(type);
        method.Invoke(instance, [.. method.GetParameters().Zip(arguments, (parameter, value) => Converted(value, parameter.ParameterType))]);
        passed++;
    }
    catch (Exception exception)
    {
        failed++;
        Exception cause = exception is TargetInvocationException { InnerException: { } inner } ? inner : exception;
        Console.WriteLine($"{name}({string.Join(", ", arguments)}): {cause.GetType().Name}: {cause.Message}");
    }
    finally
    {
        (instance as IDisposable)?.Dispose();
    }
}

// As xunit does it: an attribute holds a number as int where the test takes another type.
static object? Converted(object? value, Type type) =>
    value is IConvertible && type.IsPrimitive && value.GetType() != type ? Convert.ChangeType(value, type) : value;

// The arguments of each case: none of a [Fact], those of [InlineData] and [MemberData] of a [Theory].
static IEnumerable<object?[]> Cases(Type type, MethodInfo method)
{
    if (method.GetCustomAttribute<TheoryAttribute>() is null)
        return [[]];
    IEnumerable<object?[]> inline = method.GetCustomAttributes<InlineDataAttribute>().SelectMany(data => data.GetData(method));
    IEnumerable<object?[]> members = method.GetCustomAttributes<MemberDataAttribute>().SelectMany(data => Member(type, data.MemberName));
    return [.. inline, .. members];
}

static IEnumerable<object?[]> Member(Type type, string name)
{
    object? data = type.GetProperty(name)?.GetValue(null) ?? type.GetMethod(name)?.Invoke(null, null);
    return data as IEnumerable<object?[]> ?? throw new InvalidOperationException($"{type.FullName} has no test data {name}");
}
