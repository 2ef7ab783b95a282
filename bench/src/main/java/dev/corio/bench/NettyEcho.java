package dev.corio.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.uring.IoUringBufferRingConfig;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringFixedBufferRingAllocator;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;
import io.netty.channel.uring.IoUringServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// The echo on Netty as its own documentation writes it: one event loop, pooled direct buffers, and
/// a flush per batch of reads instead of one per message. On io_uring it gets a ring of provided
/// buffers, which makes its receives multishot.
@Command(
        name = "netty-echo",
        description = "Echo server on Netty.",
        mixinStandardHelpOptions = true)
final class NettyEcho implements Callable<Integer> {
    private static final int BACKLOG = 4096;
    private static final short BUFFER_GROUP = 1;
    private static final short BUFFERS = 1024;
    private static final int BATCH = 256;
    private static final int BUFFER_BYTES = 16 * 1024;

    /// Netty's transports for Linux.
    enum Transport {
        EPOLL,
        IO_URING,
        NIO
    }

    @Option(names = "--port", required = true, description = "Port on the loopback address.")
    private int port;

    @Option(names = "--transport", description = "${COMPLETION-CANDIDATES} (${DEFAULT-VALUE}).")
    private Transport transport = Transport.EPOLL;

    @Override
    public Integer call() throws InterruptedException {
        EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, handlerFactory());
        try {
            ServerBootstrap bootstrap =
                    new ServerBootstrap()
                            .group(group)
                            .channel(channelType())
                            .option(ChannelOption.SO_BACKLOG, BACKLOG)
                            .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                            .childOption(ChannelOption.TCP_NODELAY, true)
                            .childHandler(new Initializer());
            if (transport == Transport.IO_URING) {
                bootstrap.childOption(IoUringChannelOption.IO_URING_BUFFER_GROUP_ID, BUFFER_GROUP);
            }
            Channel listener =
                    bootstrap
                            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                            .sync()
                            .channel();
            System.out.println(
                    "netty-echo (" + transport + ") listening on " + listener.localAddress());
            listener.closeFuture().sync();
            return 0;
        } finally {
            group.shutdownGracefully().syncUninterruptibly();
        }
    }

    private IoHandlerFactory handlerFactory() {
        return switch (transport) {
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

    private Class<? extends ServerChannel> channelType() {
        return switch (transport) {
            case EPOLL -> EpollServerSocketChannel.class;
            case NIO -> NioServerSocketChannel.class;
            case IO_URING -> IoUringServerSocketChannel.class;
        };
    }

    private static final class Initializer extends ChannelInitializer<Channel> {
        @Override
        protected void initChannel(Channel channel) {
            channel.pipeline().addLast(new Echo());
        }
    }

    /// The void promise reports a failed write through exceptionCaught, without an allocation.
    @SuppressWarnings("FutureReturnValueIgnored")
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            context.write(message, context.voidPromise());
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext context) {
            context.flush();
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            context.close();
        }
    }
}
