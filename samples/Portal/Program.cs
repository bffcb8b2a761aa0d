using Microsoft.AspNetCore.Authentication.Cookies;
using Portal.Endpoints;

var builder = WebApplication.CreateBuilder(args);

// The one Pomegranate line. Where no cluster is configured it is inert and this is a plain Kestrel app.
builder.AddPomegranateBackend();

builder.Services.AddRazorPages();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddDistributedMemoryCache();
builder.Services.AddSession(session => session.Cookie.IsEssential = true);
builder.Services.AddAuthorization();
builder.Services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
{
    cookie.Cookie.Name = "portal.user";
    cookie.LoginPath = "/sign-in";
});

var app = builder.Build();
app.UseExceptionHandler("/error");
app.UseStatusCodePagesWithReExecute("/error", "?status={0}");
app.UseStaticFiles();
app.UseRouting();
app.UseAuthentication();
app.UseAuthorization();
app.UseSession();
app.UseWebSockets();

app.MapRazorPages();
app.MapPlain();
app.MapCounter();
app.MapRead();
app.MapBlob();
app.MapFiles();
app.MapLive();
app.MapStats();
app.Run();
