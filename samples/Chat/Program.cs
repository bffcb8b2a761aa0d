using Chat;

var builder = WebApplication.CreateBuilder(args);

// The one Pomegranate line. Where no cluster is configured it is inert and this is a plain Kestrel app.
builder.AddPomegranateBackend();

builder.Services.AddSignalR();
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<ChatRoom>();
builder.Services.AddHostedService<RoomLink>();

var app = builder.Build();
app.UseFileServer();
app.MapPerson();
app.MapHub<ChatHub>("/chat");
app.Run();
