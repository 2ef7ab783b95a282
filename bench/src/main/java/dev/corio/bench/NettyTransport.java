package dev.corio.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;

/// Netty's transports for Linux, each set up as its own documentation advises: one event loop,
/// pooled direct buffers, and on io_uring a ring of provided buffers, which makes its receives
/// multishot.
enum NettyTransport {
    EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class),
    IO_URING(IoUringServerSocketChannel.class, IoUringSocketChannel.class),
    NIO(NioServerSocketChannel.class, NioSocketChannel.class);

    private static final int BACKLOG = 4096;
    private static final short BUFFER_GROUP = 1;
    private static final short BUFFERS = 1024;
    private static final int BATCH = 256;
    private static final int BUFFER_BYTES = 16 * 1024;

    private final Class<? extends ServerChannel> listenerType;
    private final Class<? extends Channel> streamType;

    NettyTransport(Class<? extends ServerChannel> listenerType, Class<? extends Channel> type) {
        this.listenerType = listenerType;
        streamType = type;
    }

    /// What the connections of servers and clients have in common.
    Map<ChannelOption<?>, Object> streamOptions() {
        Map<ChannelOption<?>, Object> options = new HashMap<>();
        options.put(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT);
        options.put(ChannelOption.TCP_NODELAY, true);
        if (this == IO_URING) {
            options.put(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, BUFFER_GROUP);
        }
        return options;
    }

    Class<? extends Channel> streamType() {
        return streamType;
    }

    /// Serves an address on one event loop until the process ends.
    ///
    /// @param handler of each connection
    void serve(String name, InetSocketAddress address, ChannelHandler handler)
            throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handlerFactory());
        try {
            ServerBootstrap bootstrap =
                    new ServerBootstrap()
                            .group(group)
                            .channel(listenerType)
                            .option(ChannelOption.SO_BACKLOG, BACKLOG)
                            .childHandler(handler);
            streamOptions().forEach((option, value) -> childOption(bootstrap, option, value));
            Channel listener = bootstrap.bind(address).sync().channel();
            System.out.println(name + " (" + this + ") listening on " + listener.localAddress());
            listener.closeFuture().sync();
        } finally {
            group.shutdownGracefully().syncUninterruptibly();
        }
    }

    private IoHandlerFactory handlerFactory() {
        return switch (this) {
            case EPOLL -> EpollIoHandler.newFactory();
            case NIO -> NioIoHandler.newFactory();
            case IO_URING ->
                    IoUringIoHandler.newFactory(
                            new IoUringIoHandlerConfig()
                                    .setBufferRingConfig(
                                            IoUringBufferRingConfig.builder()
                                                    .bufferGroupId(BUFFER_GROUP)
                                                    .bufferRingSize(BUFFERS)
                                                    .batchSize(BATCH)
                                                    .allocator(
                                                            new IoUringFixedBufferRingAllocator(
                                                                    BUFFER_BYTES))
                                                    .build()));
        };
    }

    /// The values in the map are of their options' types.
    @SuppressWarnings("unchecked")
    private static <T> void childOption(
            ServerBootstrap bootstrap, ChannelOption<?> option, Object value) {
        bootstrap.childOption((ChannelOption<T>) option, (T) value);
    }
}
